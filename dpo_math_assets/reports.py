"""The assets' pages over HTTP, for browsers of this machine alone: `reports PORT DATA_FOLDER`.

Reports, the explorer and audit sheets link to nothing and load nothing, so a file server is enough.
It gives out these pages and nothing else of the data folder: no logs, no pairs, no settings.
"""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# What is served: the folder of an asset and the kinds of files in it.
SERVED = {
    "offline_eval_pass_rates": {".html"},
    "dpo_dataset": {".html"},
    "label_audit": {".html", ".csv"},
}


class PageHandler(SimpleHTTPRequestHandler):
    """Answers for pages of the served folders, and with 404 for all else."""

    def translate_path(self, path: str) -> str:
        """The file for a request's path; a name that no file has for what is not served."""
        file = Path(super().translate_path(path))
        try:
            asset = file.relative_to(self.directory).parts[0]
        except (ValueError, IndexError):
            asset = ""
        served = file.suffix in SERVED.get(asset, ()) and file.is_file()
        return str(file) if served else str(Path(self.directory) / ".not-served")


def page_server(port: int, data: Path) -> ThreadingHTTPServer:
    """A server of the pages below a data folder; port 0 is any free one."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(PageHandler, directory=str(data)))


if __name__ == "__main__":
    page_server(int(sys.argv[1]), Path(sys.argv[2])).serve_forever()
