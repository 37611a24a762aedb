from summarizer.doctor import duplicates, pair_checks


def test_copies_are_reported_for_each_split(files):
    for rows in (files.test, files.validation):
        rows[0]["document"] = files.train[7]["document"]
    findings = list(duplicates.across_splits(files.scan()))
    assert [finding.message.split()[3] for finding in findings] == ["test", "validation"]
    assert all(files.train[7]["id"] in finding.example for finding in findings)


def test_first_of_equal_documents_is_the_original(files):
    for row in (9, 5, 120):
        files.train[row]["document"] = files.train[2]["document"]
    (finding,) = duplicates.within_train(files.scan())
    assert finding.count == 3
    assert finding.example.startswith("a-5 ")
    assert " is like a-2 " in finding.example


def test_similar_ids_are_not_repeated_ids(files):
    for row, id in zip(files.train, ["a.b", "ab", "AB", "a-b"], strict=False):
        row["id"] = id
    assert list(duplicates.repeated_ids(files.scan())) == []


def test_documents_without_letters_are_not_copies(files):
    for rows in (files.train, files.test):
        for row in rows[:5]:
            row["document"] = "— 。 …"
    scan = files.scan()
    assert not list(duplicates.across_splits(scan))
    assert not list(duplicates.within_train(scan))
    assert [finding.count for finding in pair_checks.empty_or_identical(scan)] == [10]
