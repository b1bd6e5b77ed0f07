"""The application that `outreach serve` runs, and any ASGI server can."""

from starlette.applications import Starlette
from starlette.routing import Mount

from outreach.app import App
from outreach.web.webhooks import routes


def create_app(app: App) -> Starlette:
    """Return the application for one open workspace.

    Raises `ConfigError` where a webhook lacks what proves its origin.
    """
    return Starlette(routes=[Mount("/webhooks", routes=routes(app))])
