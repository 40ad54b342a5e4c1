"""What clients of one tenant have seen so far, and the variables they make of it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from random import Random

Variables = dict[str, Any]


@dataclass
class Known:
    """Bounded, like any client's memory.

    Attributes:
        posts: ids of posts that clients have listed.
        drafts: ids of posts they wrote and have not published, oldest first.
        titles: what they last renamed a post to.
        readers: ids of the tenant's readers.
        promoted: those who were made authors and not yet made readers again.
    """

    posts: deque[str] = field(default_factory=lambda: deque(maxlen=60))
    drafts: deque[str] = field(default_factory=lambda: deque(maxlen=30))
    titles: dict[str, str] = field(default_factory=dict)
    readers: list[str] = field(default_factory=list)
    promoted: deque[str] = field(default_factory=lambda: deque(maxlen=30))

    def learn(self, answer: Any) -> None:
        """Take the ids out of an answer to Posts or CreatePost; anything else teaches nothing."""
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            return
        for post in data.get("posts") or ():
            if "id" in post and post["id"] not in self.posts:
                self.posts.append(post["id"])
        created = data.get("createPost")
        if isinstance(created, dict) and created.get("post"):
            self.drafts.append(created["post"]["id"])

    def rename(self, post: str, title: str) -> None:
        self.titles[post] = title
        while len(self.titles) > 60:  # noqa: PLR2004  as many as there are posts
            self.titles.pop(next(iter(self.titles)))

    def forget(self, post: str) -> None:
        self.posts.remove(post)
        self.titles.pop(post, None)


# Each makes variables, or None when nothing suitable is known yet.


def nothing(_rng: Random, _known: Known) -> Variables | None:
    return {}


def page(rng: Random, _known: Known) -> Variables | None:
    return {"limit": rng.choice([5, 10, 20]), "offset": rng.choice([0, 0, 0, 5, 10])}


def some_post(rng: Random, known: Known) -> Variables | None:
    return {"id": rng.choice(known.posts)} if known.posts else None


def unread_post(_rng: Random, known: Known) -> Variables | None:
    return {"id": known.drafts[-1]} if known.drafts else None


def new_post(rng: Random, _known: Known) -> Variables | None:
    subject = rng.choice(["bees", "trams", "lighthouses", "sourdough", "moss", "chess", "ferries"])
    return {"input": {"title": f"Thoughts about {subject}", "body": f"Nobody expects {subject}. " * rng.randint(1, 8)}}


def too_short_a_title(_rng: Random, _known: Known) -> Variables | None:
    return {"input": {"title": "No", "body": "The table wants three letters at least."}}


def another_title(rng: Random, known: Known) -> Variables | None:
    if not known.posts:
        return None
    post = rng.choice(known.posts)
    known.rename(post, f"Second thoughts, part {rng.randint(1, 10_000)}")
    return {"input": {"id": post, "title": known.titles[post]}}


def the_same_title(_rng: Random, known: Known) -> Variables | None:
    if not known.titles:
        return None
    post, title = next(reversed(known.titles.items()))
    return {"input": {"id": post, "title": title}}


def a_post_that_is_gone(rng: Random, _known: Known) -> Variables | None:
    return {"input": {"id": str(UUID(int=rng.getrandbits(128), version=4)), "title": "Too late"}}


def comment(rng: Random, known: Known) -> Variables | None:
    if not known.posts:
        return None
    return {"input": {"postId": rng.choice(known.posts), "body": rng.choice(["Agreed.", "Why?", "More, please."])}}


def new_tag(rng: Random, _known: Known) -> Variables | None:
    return {"input": {"name": f"series {rng.getrandbits(40):x}"}}


def existing_tag(rng: Random, _known: Known) -> Variables | None:
    return {"input": {"name": rng.choice(["gardens", "travel", "kitchen", "books"])}}


def draft(_rng: Random, known: Known) -> Variables | None:
    return {"input": {"id": known.drafts.popleft()}} if known.drafts else None


def post_to_delete(rng: Random, known: Known) -> Variables | None:
    if not known.posts:
        return None
    post = rng.choice(known.posts)
    known.forget(post)
    return {"input": {"id": post}}


def somebody_elses_post(rng: Random, known: Known) -> Variables | None:
    return {"input": {"id": rng.choice(known.posts)}} if known.posts else None


def promotion(rng: Random, known: Known) -> Variables | None:
    if not known.readers:
        return None
    known.promoted.append(rng.choice(known.readers))
    return {"input": {"userId": known.promoted[-1], "role": "author"}}


def demotion(_rng: Random, known: Known) -> Variables | None:
    return {"input": {"userId": known.promoted.popleft(), "role": "author"}} if known.promoted else None


def self_promotion(rng: Random, known: Known) -> Variables | None:
    return {"input": {"userId": rng.choice(known.readers), "role": "admin"}} if known.readers else None
