"""Where an artifact can be published: one module for each kind of hub.

`hub:FOLDER` is not among them: it is a hub of one's own, kept by `publish.publishing`.
"""
