"""`outreach serve`: the HTTP server."""

import logging

import click

from outreach.cli.output import Console, Invocation, json_option, pass_invocation, printable
from outreach.cli.signals import ended_by_signals
from outreach.errors import ConfigError, UnavailableError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True,
              help="The port to listen on; 0 for any that is free.")  # fmt: skip
@json_option
@pass_invocation
def serve(invocation: Invocation, host: str, port: int) -> None:
    """Serve the webhooks of providers over HTTP.

    It stays until SIGTERM or Ctrl-C. Each [webhooks.NAME] of outreach.toml is at /webhooks/NAME.
    Put a web server before it that speaks https, such as Caddy or nginx; outreach listens on this
    machine only unless told otherwise.

    \b
    Examples:
      outreach serve
      outreach serve --port 9000
    """
    try:
        import uvicorn

        from outreach.web.app import create_app
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"serving needs a library that is not installed ({error.name})",
            hint="pip install 'outreach-engine[web]'",
        ) from error
    app = invocation.app
    if not app.settings.webhooks:
        raise ConfigError(
            "there is nothing to serve",
            source="outreach.toml",
            hint='add a table [webhooks.postmark] with provider = "postmark"',
        )
    served = create_app(app)
    app.database.check_schema()
    _tell(invocation.console)
    config = uvicorn.Config(
        served,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        limit_concurrency=100,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=30,
    )
    server = uvicorn.Server(config)
    try:
        socket = config.bind_socket()
    except SystemExit as error:
        raise UnavailableError(
            f"cannot listen on {host}:{port}",
            hint="choose another --port, or end what listens there",
        ) from error
    with socket:
        socket.listen(128)  # so that what is said below is true when it is read
        place = "{}:{}".format(*socket.getsockname()[:2])
        names = ", ".join(f"/webhooks/{name}" for name in app.settings.webhooks)
        invocation.console.note(f"serving {names} on http://{place}")
        # It ends in good order, and then passes on the signal that made it.
        with ended_by_signals(lambda: None):
            server.run(sockets=[socket])
    invocation.console.result(
        {"requests": server.server_state.total_requests},
        f"Answered {server.server_state.total_requests} requests; what was recorded is kept.",
    )


def _tell(console: Console) -> None:
    """Show what the server has to say, in a line each."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            console.note(printable(self.format(record)))

    handler = Lines()
    ours = logging.getLogger("outreach.web")
    ours.setLevel(logging.INFO)
    ours.addHandler(handler)
    theirs = logging.getLogger("uvicorn.error")
    theirs.setLevel(logging.WARNING)
    theirs.addHandler(handler)
