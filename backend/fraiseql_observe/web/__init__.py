"""The aiohttp application: webhooks, REST, console."""
