"""The part of Hugging Face's service that a repository of a model needs, in memory."""

import base64
import hashlib
import json
import re

from tests.publish.hubs.fake import Place

_LARGE = 10_000  # bytes from which on a file is kept as a large one
_ROUTE = re.compile(r"/api/models/(?P<repository>[^/]+/[^/]+)/(?P<what>\w+)(/(?P<rest>.*))?")
_BATCH = re.compile(r"/(?P<repository>[^/]+/[^/]+)\.git/info/lfs/objects/batch")
_RESOLVE = re.compile(r"/(?P<repository>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)")


class HuggingFace(Place):
    """Repositories, each `{commits: [{oid, files}], tags: {name: number of the commit}}`."""

    def __init__(self, url=""):
        super().__init__()
        self.url = url
        self.repositories = {}
        self.large = {}  # content by sha256

    def name(self, request):
        if request.route.startswith("/lfs/"):
            return f"PUT {request.query['name']}" if "name" in request.query else "PUT large"
        return super().name(request)

    def cut(self, request):
        """What arrived of an upload is lost."""

    def answer(self, request):
        route = request.route
        if route == "/api/repos/create":
            self._create(request)
        elif route == "/api/validate-yaml":
            request.reply(200, {"errors": [], "warnings": []})
        elif route.startswith("/lfs/"):
            self._store(request)
        elif found := _BATCH.fullmatch(route):
            self._batch(request)
        elif found := _RESOLVE.fullmatch(route):
            self._resolve(request, **found.groupdict())
        elif (found := _ROUTE.fullmatch(route)) and found["repository"] in self.repositories:
            repository = self.repositories[found["repository"]]
            getattr(self, f"_{found['what']}")(request, repository, found["rest"])
        else:
            request.reply(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})

    def _create(self, request):
        ask = request.json()
        name = f"{ask['organization']}/{ask['name']}"
        first = {"oid": "0" * 40, "files": {".gitattributes": b"*.pb filter=lfs\n"}}
        self.repositories.setdefault(name, {"commits": [first], "tags": {}})
        request.reply(200, {"url": f"{self.url}/{name}", "name": name, "id": name})

    def _refs(self, request, repository, rest):
        tags = [
            {
                "name": name,
                "ref": f"refs/tags/{name}",
                "targetCommit": repository["commits"][number]["oid"],
            }
            for name, number in repository["tags"].items()
        ]
        main = {
            "name": "main",
            "ref": "refs/heads/main",
            "targetCommit": repository["commits"][-1]["oid"],
        }
        request.reply(200, {"branches": [main], "converts": [], "tags": tags})

    def _commit_of(self, repository, revision):
        if revision in repository["tags"]:
            return repository["commits"][repository["tags"][revision]]
        if revision == "main":
            return repository["commits"][-1]
        return next((c for c in repository["commits"] if c["oid"] == revision), None)

    def _tree(self, request, repository, rest):
        files = self._commit_of(repository, rest.partition("/")[0])["files"]
        request.reply(200, [self._entry(name, data) for name, data in sorted(files.items())])

    def _entry(self, name, data):
        entry = {"type": "file", "path": name, "size": len(data), "oid": git(data)}
        if len(data) < _LARGE:
            return entry
        digest = hashlib.sha256(data).hexdigest()
        pointer = f"version 1\noid sha256:{digest}\nsize {len(data)}\n".encode()
        lfs = {"oid": digest, "size": len(data), "pointerSize": len(pointer)}
        return entry | {"oid": git(pointer), "lfs": lfs}

    def _revision(self, request, repository, rest):
        commit = self._commit_of(repository, rest)
        if commit is None:
            request.reply(404, {}, {"X-Error-Code": "RevisionNotFound"})
            return
        siblings = [{"rfilename": name} for name in commit["files"]]
        name = next(k for k, v in self.repositories.items() if v is repository)
        request.reply(200, {"id": name, "sha": commit["oid"], "siblings": siblings, "tags": []})

    def _preupload(self, request, repository, rest):
        files = repository["commits"][-1]["files"]
        told = []
        for asked in request.json()["files"]:
            mode = "lfs" if asked["size"] >= _LARGE else "regular"
            answer = {"path": asked["path"], "uploadMode": mode, "shouldIgnore": False}
            if asked["path"] in files:
                data = files[asked["path"]]
                is_large = len(data) >= _LARGE
                answer["oid"] = hashlib.sha256(data).hexdigest() if is_large else git(data)
            told.append(answer)
        request.reply(200, {"files": told})

    def _batch(self, request):
        objects = []
        for asked in request.json()["objects"]:
            answer = {"oid": asked["oid"], "size": asked["size"]}
            if asked["oid"] not in self.large:
                href = f"{self.url}/lfs/{asked['oid']}"
                answer["actions"] = {"upload": {"href": href, "header": {}}}
            objects.append(answer)
        request.reply(200, {"transfer": "basic", "objects": objects})

    def _store(self, request):
        digest = request.route.rpartition("/")[2]
        if hashlib.sha256(request.body).hexdigest() != digest:
            request.reply(400, {"error": "not what was announced"})
            return
        self.large[digest] = request.body
        request.reply(200)

    def _commit(self, request, repository, rest):
        files = dict(repository["commits"][-1]["files"])
        for line in request.body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header" and value.get("parentCommit") not in (
                None,
                repository["commits"][-1]["oid"],
            ):
                request.reply(412, {"error": "A commit has happened since"})
                return
            if item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                files[value["path"]] = self.large[value["oid"]]
            elif item["key"] == "deletedFile":
                del files[value["path"]]
        oid = hashlib.sha1(request.body + str(len(repository["commits"])).encode()).hexdigest()
        repository["commits"].append({"oid": oid, "files": files})
        name = next(k for k, v in self.repositories.items() if v is repository)
        request.reply(200, {"commitUrl": f"{self.url}/{name}/commit/{oid}", "commitOid": oid})

    def _tag(self, request, repository, rest):
        tag = request.json()["tag"]
        if tag in repository["tags"]:
            request.reply(409, {"error": "Tag exists"})
            return
        commit = self._commit_of(repository, rest)
        repository["tags"][tag] = repository["commits"].index(commit)
        request.reply(200, {})

    def _resolve(self, request, repository, revision, name):
        commit = self._commit_of(self.repositories[repository], revision)
        data = commit["files"][name]
        digest = hashlib.sha256(data).hexdigest() if len(data) >= _LARGE else git(data)
        request.reply(200, data, {"ETag": f'"{digest}"', "X-Repo-Commit": commit["oid"]})


def git(data):

    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
