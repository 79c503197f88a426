"""Debian's nginx in front of something else."""

from lab.server import Server


class Nginx(Server):
    """One with this server block, in which @PORT@ stands for the port; a zone `cache` is there for
    proxy_cache."""

    def __init__(self, block):
        self.block = block
        super().__init__()

    def command(self):
        folder = self.folder
        # The file with its id comes when it listens.
        self.pid_path = folder / "pid"
        self.pid_path.unlink(missing_ok=True)
        (folder / "nginx.conf").write_text(
            f"""daemon off;
user root;
worker_processes 1;
pid {self.pid_path};
error_log {folder}/error.log;
events {{}}
http {{
  access_log {folder}/access.log;
  proxy_cache_path {folder}/cache keys_zone=cache:1m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    {self.block.replace("@PORT@", str(self.port))}
  }}
}}
"""
        )
        return ["nginx", "-p", folder, "-c", folder / "nginx.conf"]

    def listens(self):
        return self.pid_path.exists()

    def accesses(self):
        """The lines of its access log."""
        return (self.folder / "access.log").read_text().splitlines()
