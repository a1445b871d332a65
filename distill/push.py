"""A student and its traces on the hub: what would be sent, and sending it.

The key is the hub's own (``HF_TOKEN``, or what `hf auth login` has left); none is read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tasks.errors import UserError

Kind = Literal["model", "dataset"]
SPLIT = "train"


@dataclass(frozen=True)
class Parcel:
    """Files for one repository: ``(where it is here, its path there)``."""

    repo: str
    kind: Kind
    files: tuple[tuple[Path, str], ...]

    @property
    def bytes(self) -> int:
        return sum(here.stat().st_size for here, _ in self.files)


def model_parcel(folder: Path, repo: str) -> Parcel:
    """All files of an exported folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return Parcel(repo, "model", tuple((path, str(path.relative_to(folder))) for path in files))


def traces_parcel(traces: Path, repo: str) -> Parcel:
    """A file of traces as the split that `datasets.load_dataset` finds, with its ledger and funnel
    where they stand beside it. Raises UserError on a file that is neither JSONL nor Parquet.
    """
    if traces.suffix not in {".jsonl", ".parquet"} or not traces.is_file():
        raise UserError(f"no file of traces, .jsonl or .parquet: {traces}")
    beside = [traces.with_name(f"{traces.stem}.{end}") for end in ("ledger.jsonl", "funnel.json")]
    files = [(traces, f"data/{SPLIT}{traces.suffix}")]
    files += [(path, path.name) for path in beside if path.is_file()]
    return Parcel(repo, "dataset", tuple(files))


def push(parcel: Parcel, private: bool = False) -> str:
    """Send it in one commit, and say where it is. A repository that lacks is made.

    Raises UserError where the hub refuses or is not reached.
    """
    import httpx2  # what the hub's client speaks by
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    api = HfApi(library_name="r1eval")
    operations = [CommitOperationAdd(there, str(here)) for here, there in parcel.files]
    try:
        api.create_repo(parcel.repo, repo_type=parcel.kind, private=private, exist_ok=True)
        done = api.create_commit(
            parcel.repo,
            operations,
            commit_message="Upload by r1eval",
            repo_type=parcel.kind,
        )
    except HFValidationError as error:
        raise UserError(f"{parcel.repo} is no name of a repository: {error}") from error
    except OfflineModeIsEnabled as error:
        raise UserError("HF_HUB_OFFLINE is set: unset it to send anything") from error
    except HfHubHTTPError as error:
        why = str(error.server_message or error).splitlines()[0]
        raise UserError(f"the hub did not take {parcel.repo}: {why}") from error
    except (httpx2.HTTPError, OSError) as error:
        raise UserError(f"the hub is not reached: {error}") from error
    return str(done.commit_url)
