"""nginx: files by WebDAV PUT and by sendfile. Debian package nginx-light."""

import contextlib
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from bench.processes import first_line, free_port, serving

FLAGS = "worker_processes auto; sendfile on; tcp_nopush on; client_body_buffer_size 1m; temp files on the same file system; access_log off"
_CONFIGURATION = """
{user}
daemon off;
worker_processes auto;
pid {base}/nginx.pid;
error_log {base}/error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  types {{ text/html html; text/javascript js; }}
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 65s;
  client_max_body_size 0;
  client_body_buffer_size 1m;
  client_body_temp_path {base}/incoming;
  proxy_temp_path {base}/unused;
  fastcgi_temp_path {base}/unused;
  uwsgi_temp_path {base}/unused;
  scgi_temp_path {base}/unused;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      root {root};
      dav_methods PUT DELETE MKCOL;
      create_full_put_path on;
    }}
  }}
}}
"""


class Nginx:
    """``root`` is the folder that it serves and stores to; ``url`` where it answers."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.url = url


@contextlib.contextmanager
def nginx(base: Path) -> Iterator[Nginx]:
    """One of its own in a folder of its own, on a port that was free."""
    root = base / "root"
    root.mkdir(parents=True)
    port = free_port()
    # A master that runs as root would hand the files to nobody, who may not enter the scratch folder.
    user = f"user {pwd.getpwuid(os.geteuid()).pw_name};" if os.geteuid() == 0 else ""
    configuration = base / "nginx.conf"
    configuration.write_text(_CONFIGURATION.format(base=base, root=root, port=port, user=user))
    command = ["nginx", "-c", str(configuration), "-p", str(base), "-e", str(base / "start.log")]
    with serving(command, port, base / "nginx.log"):
        yield Nginx(root, f"http://127.0.0.1:{port}")


def version() -> str:
    """As it names itself."""
    return first_line(["nginx", "-v"]).removeprefix("nginx version: ")
