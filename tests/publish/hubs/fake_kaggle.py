"""The part of Kaggle's service that models need, in memory."""

import base64
import hashlib

from tests.publish.hubs.fake import Place

_FRAMEWORK = "MODEL_FRAMEWORK_TENSOR_FLOW_2"
_TEXTS = ("overview", "usage", "fineTunable", "trainingData")


class Kaggle(Place):
    """Models, each `{description, instances}`; instances, each with texts and versions."""

    def __init__(self):
        super().__init__()
        self.models = {}
        self.blobs = {}  # content of uploads by token
        self.sizes = {}  # announced, by token
        self.names = {}  # of uploads, by token
        self.processing = 0  # calls that do not see a new version yet
        self.unlisted = 0  # calls that see no files yet
        self.has_digests = True

    def name(self, request):
        if request.route.startswith("/upload/"):
            return f"PUT {self.names.get(request.route.rpartition('/')[2], '')}"
        return request.route.rpartition("/")[2] if request.command == "POST" else "read"

    def cut(self, request):
        """Keeps what arrived of an upload."""
        if request.route.startswith("/upload/"):
            self._store(request)

    def answer(self, request):
        if request.route.startswith("/upload/"):
            self._upload(request)
        elif request.route.startswith("/blob/"):
            self._download(request)
        else:
            getattr(self, request.route.rpartition("/")[2])(request, request.json())

    def _instance(self, ask):
        model = self.models.get((ask["ownerSlug"], ask["modelSlug"]), {"instances": {}})
        return model["instances"].get((ask["framework"], ask["instanceSlug"]))

    def GetModel(self, request, ask):  # noqa: N802
        model = self.models.get((ask["ownerSlug"], ask["modelSlug"]))
        if model is None:
            request.reply(403, {"code": 403, "message": "Permission 'models.get' was denied"})
            return
        request.reply(200, {"slug": ask["modelSlug"], "description": model["description"]})

    def GetModelInstance(self, request, ask):  # noqa: N802
        if (ask["ownerSlug"], ask["modelSlug"]) not in self.models:
            request.reply(403, {"code": 403, "message": "Permission 'models.get' was denied"})
            return
        instance = self._instance(ask)
        newest = len(instance["versions"]) if instance else 0
        if newest and self.processing:
            self.processing -= 1
            newest -= 1
        if not newest:
            request.reply(404, {"code": 404, "message": "Not found"})
            return
        keys = (*_TEXTS, "licenseName")
        texts = {key: instance[key] for key in keys if key in instance}
        request.reply(200, {"slug": ask["instanceSlug"], "versionNumber": newest, **texts})

    def ListModelInstanceVersionFiles(self, request, ask):  # noqa: N802
        version = self._instance(ask)["versions"][ask["versionNumber"] - 1]
        if self.unlisted:
            self.unlisted -= 1
            version = {}
        files = [{"name": name, "size": len(data)} for name, data in sorted(version.items())]
        start = int(ask.get("pageToken", 0))
        page = {"files": files[start : start + 2]}  # pages of two, so that there are several
        if start + 2 < len(files):
            page["nextPageToken"] = str(start + 2)
        request.reply(200, page if ask["pageSize"] == 100 else {"files": files})

    def DownloadModelInstanceVersion(self, request, ask):  # noqa: N802
        place = [ask["ownerSlug"], ask["modelSlug"], ask["instanceSlug"], str(ask["versionNumber"])]
        location = f"http://localhost/blob/{'/'.join(place)}/{ask['path']}"
        request.reply(302, b"", {"Location": location})

    def CreateModel(self, request, ask):  # noqa: N802
        key = ask["ownerSlug"], ask["slug"]
        self.models[key] = {"description": ask.get("description", ""), "instances": {}} | {
            "isPrivate": ask.get("isPrivate", False)
        }
        request.reply(200, {"id": 1, "ref": "/".join(key)})

    def UpdateModel(self, request, ask):  # noqa: N802
        assert ask["updateMask"] == "description"
        self.models[ask["ownerSlug"], ask["modelSlug"]]["description"] = ask["description"]
        request.reply(200, {"id": 1})

    def CreateModelInstance(self, request, ask):  # noqa: N802
        body = ask["body"]
        if body["framework"] != _FRAMEWORK:
            request.reply(200, {"error": "The framework is invalid", "errorCode": 400})
            return
        instances = self.models[ask["ownerSlug"], ask["modelSlug"]]["instances"]
        key = body["framework"], body["instanceSlug"]
        if key in instances:
            request.reply(200, {"error": "The instance exists", "errorCode": 409})
            return
        texts = {name: body[name] for name in (*_TEXTS, "licenseName") if name in body}
        instances[key] = texts | {"versions": [self._files(body)]}
        request.reply(200, {"id": 1})

    def CreateModelInstanceVersion(self, request, ask):  # noqa: N802
        self._instance(ask)["versions"].append(self._files(ask["body"]))
        request.reply(200, {"id": 1})

    def UpdateModelInstance(self, request, ask):  # noqa: N802
        for field in ask["updateMask"].split(","):
            self._instance(ask)[field] = ask[field]
        request.reply(200, {"id": 1})

    def StartBlobUpload(self, request, ask):  # noqa: N802
        assert ask["type"] == "MODEL"
        token = f"blob-{len(self.blobs)}"
        self.blobs[token], self.sizes[token] = b"", ask.get("contentLength", 0)
        self.names[token] = ask["name"]
        request.reply(200, {"token": token, "createUrl": f"http://localhost/upload/{token}"})

    def _store(self, request):
        token = request.route.rpartition("/")[2]
        told = request.headers.get("Content-Range", "")
        if not told.startswith("bytes */"):
            start = int(told.removeprefix("bytes ").split("-")[0]) if told else 0
            self.blobs[token] = self.blobs[token][:start] + request.body
        return token

    def _upload(self, request):
        token = self._store(request)
        if len(self.blobs[token]) == self.sizes[token]:
            request.reply(200)
            return
        count = len(self.blobs[token])
        request.reply(308, b"", {"Range": f"bytes=0-{count - 1}"} if count else {})

    def _files(self, body, folder=""):
        files = {
            f"{folder}{self.names[file['token']]}": self.blobs[file["token"]]
            for file in body.get("files", [])
        }
        for inner in body.get("directories", []):
            files |= self._files(inner, f"{folder}{inner['name']}/")
        return files

    def _download(self, request):
        owner, model, instance, version, name = request.route.split("/", 6)[2:]
        ask = {"ownerSlug": owner, "modelSlug": model, "instanceSlug": instance}
        versions = self._instance(ask | {"framework": _FRAMEWORK})["versions"]
        data = versions[int(version) - 1][name]
        headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
        if self.has_digests:
            digest = base64.b64encode(hashlib.md5(data).digest()).decode()
            headers["x-goog-hash"] = f"md5={digest}"
        request.reply(200, data, headers)
