"""The section `templates`: where a user's own message templates are."""

from dataclasses import dataclass

from fraiseql_observe.config.declare import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatesSettings:
    """Message templates of one's own."""

    folder: str = setting(
        "Folder with templates that replace the built-in ones of the same name; relative to this file. "
        "`fraiseql-observe alert preview` shows what they give.",
        default="",
        example="./templates",
    )
