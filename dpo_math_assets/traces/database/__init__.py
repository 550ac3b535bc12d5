"""New rows of the runtime's `task_trace` table as export files in the landing area, each row once.

The runtime writes a row when a task is planned and overwrites it when the task has run, and a row
becomes visible when its transaction commits, which may be after rows with a later `created_at`. So:

- a row without an outcome (`ok` is null) is waited for, at most `wait_days`, then taken as it is;
- rows younger than `overlap_minutes` before the newest one are looked at again each time, and those
  that were exported already are known by their ids;
- a row that has been exported is not exported again, whatever happens to it later, unless its
  `created_at` is set to a later time: ids are known for `overlap_minutes` only, so that what is
  remembered stays small. What it holds then is exported too, under the same trace ids;
- an id that is null, or that the table does not declare unique, names no row: such a row is known
  by its id, its time and what it holds, and is exported again where that changes;
- `infinity`, years before Christ and from 10,000 on are later or earlier than all other times, and
  are exported in the database's own words.

What was exported is written down once a file (`progress.json`), and that is the moment at which it
counts: a file is first made whole in an outbox, then it is written down, then it is put into the
landing area. A process that is killed between leaves either an outbox file that nothing speaks of,
which the next one removes, or one that is written down, which the next one puts into place.

Rows come through a cursor of the server in one read-only snapshot, so memory is bounded by a few
rows, and a file is cut at `file_mb`.
"""

from dpo_math_assets.traces.database.export import DatabaseExport, export_new_rows
from dpo_math_assets.traces.database.settings import URL_VARIABLE, DatabaseSettings

__all__ = ["URL_VARIABLE", "DatabaseExport", "DatabaseSettings", "export_new_rows"]
