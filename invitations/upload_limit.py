"""Stops an upload that is too big before its first byte is kept."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

# A file of 5 MB, and what a form puts around it.
MAX_BODY_BYTES = 5 * 1024 * 1024 + 64 * 1024
# Up to here the rest is read and thrown away, so that the browser shows the page that says why.
PATIENCE_BYTES = 100 * 1024 * 1024


class BoundedUploadHandler(FileUploadHandler):
    """The first of the upload handlers; whoever reads the form asks `was_too_big`."""

    def handle_raw_input(
        self, input_data: Any, meta: dict[str, str], content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        """Keep the announced length; the server reads no more bytes than that."""
        self.body_bytes = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.body_bytes > MAX_BODY_BYTES:
            self.request.is_upload_too_big = True  # type: ignore[union-attr]
            raise StopUpload(connection_reset=self.body_bytes > PATIENCE_BYTES)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler makes the file."""


def was_too_big(request: HttpRequest) -> bool:
    """True when the file of this request was refused for its size."""
    return getattr(request, "is_upload_too_big", False)
