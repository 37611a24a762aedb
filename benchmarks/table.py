"""Print the rows of all benchmarks with their targets, from the written results."""

import argparse
import json
from pathlib import Path

from measure import RESULTS, line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    reached = missed = 0
    for path in sorted(parser.parse_args().results.glob("*.json")):
        record = json.loads(path.read_text())
        machine = record["machine"]
        print(
            f"\n{record['benchmark']}: commit {record['commit']}, {record['time'][:10]}, "
            f"{machine['processor']}, {machine['cores']} cores"
        )
        for row in record["rows"]:
            print("  " + line(row))
            reached += row["met"] is True
            missed += row["met"] is False
    print(f"\n{reached} targets met, {missed} missed")


if __name__ == "__main__":
    main()
