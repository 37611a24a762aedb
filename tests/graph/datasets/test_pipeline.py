"""From texts to batches: nothing lost, nothing twice, the same from any position."""

import hashlib
import itertools
import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import vocabulary
from summarizer.api import ensemble
from summarizer.datasets import batching, contamination, spec, tf_pipeline, token_store, tokenize
from summarizer.datasets.batching import DOCUMENT_STEP, SUMMARY_STEP, BatchPlan, BatchShape
from summarizer.errors import InputError, ModelError
from summarizer.exporters import text_ops
from summarizer.types import Example
from summarizer.vocabulary import END, PAD, START, UNKNOWN
from tests.unit.vocabulary.test_vocabulary import ODD, TEXTS

SHAPE = BatchShape(batch_size=4, document_tokens=70, summary_tokens=20, window=3)


@pytest.fixture(scope="module")
def words():
    return vocabulary.train_vocabulary(TEXTS, 400)


def pairs_of(lengths):
    """Pairs of those lengths; every id is above the special ones and tells its row."""
    return [(np.full(d, 4 + i), np.full(s, 4 + i)) for i, (d, s) in enumerate(lengths)]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """37 pairs of all kinds of lengths: empty, cut, and exactly as long as is read."""
    random = np.random.default_rng(0)
    lengths = [[0, 1], [70, 20], [71, 19], [200, 40], [1, 0], *random.integers(1, 90, (32, 2))]
    return token_store.write_store(
        tmp_path_factory.mktemp("data") / "store", pairs_of(lengths), 400, {}
    )


# --- tokenizers ------------------------------------------------------------------------------


def encoded(examples, words):
    """What SentencePiece gives for each text alone."""
    return [(words.encode(e.document), words.encode(e.summary)) for e in examples]


def numbered(count, text="bees of Berlin"):
    for i in range(count):
        yield Example(str(i), f"{text} {i}", f"bees {i}")


def test_pieces_come_in_the_order_of_the_examples(words):
    for count in (1, tokenize.CHUNK, 2 * tokenize.CHUNK + 7):
        examples = list(numbered(count))
        found = [(list(a), list(b)) for a, b in tokenize.tokenize_pairs(iter(examples), words)]
        assert found == encoded(examples, words)
    assert list(tokenize.tokenize_pairs([], words)) == []


@pytest.mark.parametrize("fold", [True, False])
def test_the_graph_gives_the_ids_that_a_model_was_trained_on(fold):
    words = vocabulary.train_vocabulary(TEXTS, 400, fold)
    random = np.random.default_rng(0)
    ranges = [(32, 127), (160, 0x2000), (0x2000, 0xD7FF), (0xE000, 0x10FFFF)]
    mixed = [
        "".join(chr(c) for r in ranges for c in random.integers(*r, random.integers(6)))
        for _ in range(600)
    ]
    texts = [*ODD, *TEXTS, *mixed]
    ids = tokenize.tokenize_pairs([Example("", text, "") for text in texts], words)
    assert text_ops.tokenizer(words).tokenize(texts).to_list() == [a for a, _ in ids]


@pytest.mark.parametrize("kind", ["bpe", "characters", "bytes"])
def test_the_graph_cuts_every_kind_of_pieces_as_sentencepiece_does(kind):
    words = vocabulary.train_vocabulary(TEXTS, 330, lowercase=False, kind=kind)
    found = text_ops.tokenizer(words).tokenize(ODD).to_list()
    assert found == [words.encode(text) for text in ODD]


def test_an_example_without_a_summary_is_named(words):
    examples = [Example("one", "a", "b"), Example("two", "a", None)]
    with pytest.raises(InputError, match="^example two: has no summary"):
        list(tokenize.tokenize_pairs(examples, words))


def test_an_error_of_the_source_comes_through_as_it_is(words):
    def source():
        yield from numbered(2 * tokenize.CHUNK)
        raise InputError("x.jsonl:2: not JSON")

    with pytest.raises(InputError, match="^x.jsonl:2: not JSON$"):
        list(tokenize.tokenize_pairs(source(), words))


def test_no_more_is_read_than_the_next_chunk(words):
    read = [0]

    def source():
        for example in numbered(6 * tokenize.CHUNK):
            read[0] += 1
            yield example

    ahead = [read[0] - given for given, _ in enumerate(tokenize.tokenize_pairs(source(), words))]
    assert len(ahead) == 6 * tokenize.CHUNK
    assert max(ahead) == 2 * tokenize.CHUNK


def test_what_is_left_of_a_source_is_not_read(words):
    source = numbered(9 * tokenize.CHUNK)
    ids = tokenize.tokenize_pairs(source, words)
    next(ids)
    ids.close()  # an interrupt, a full disk
    assert next(source).id == str(2 * tokenize.CHUNK)


def test_four_times_the_documents_take_no_more_memory(tmp_path, monkeypatch, words):
    monkeypatch.setattr(tokenize, "CHUNK", 64)
    shape = SHAPE._replace(batch_size=64)

    def peaks(count):
        """Bytes while a store is written, and while it is read."""
        examples = numbered(count, "bees fly over the fields of Berlin " * 8)
        tracemalloc.start()
        try:
            made = token_store.write_store(
                tmp_path / "store", tokenize.tokenize_pairs(examples, words), 400, {}
            )
            writing = tracemalloc.get_traced_memory()[1]
            tracemalloc.reset_peak()
            stream = batching.stream_batches(made, 1, 0, 0, shape)
            assert len(list(itertools.islice(stream, 8))) == 8
            return writing, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peaks(256)  # what is made once
    # Whether two chunks are held at once is a matter of time: in few of them it may not happen.
    few, many = np.max([peaks(512) for _ in range(8)], axis=0), peaks(2048)
    assert many[0] <= 1.1 * few[0]
    # The order of an epoch takes bytes a pair; its pieces would take 400.
    assert many[1] - few[1] <= 100 * (2048 - 512)


def test_a_summary_in_words_is_numbered_by_its_document():
    words = vocabulary.train_vocabulary(TEXTS, 330, kind="words")
    examples = [Example("1", "Zorp of Berlin", "quux zorp"), Example("2", "Quux", "of Quux")]
    n, of = words.size, words.encode_summary("of", "")[0]
    expected = [([n, of, words.encode("Berlin")[0]], [UNKNOWN, n]), ([n], [of, n])]
    assert [(list(a), list(b)) for a, b in tokenize.tokenize_pairs(examples, words)] == expected


# --- store -----------------------------------------------------------------------------------

ids = st.lists(st.integers(0, 2**16 - 1), max_size=5)


@given(st.lists(st.tuples(ids, ids), min_size=1, max_size=6), st.sampled_from([2**16, 2**16 + 1]))
def test_a_store_gives_back_what_was_written(tmp_path_factory, pairs, size):
    if not any(a or b for a, b in pairs):
        pairs = [*pairs, ([1], [])]
    folder = tmp_path_factory.mktemp("data") / "store"
    made = token_store.write_store(folder, iter(pairs), size, {"spec": "x"})
    for opened in (made, token_store.read_store(folder)):
        assert [tuple(map(list, opened.pair(i))) for i in range(opened.rows)] == pairs
        assert opened.lengths().tolist() == [[len(a), len(b)] for a, b in pairs]
        assert opened.lengths().dtype == np.int32
        assert opened.tokens.dtype == (np.uint16 if size == 2**16 else np.int32)
        assert opened.metadata["spec"] == "x"
    assert not folder.with_name("store.part").exists()


def test_a_large_id_is_kept_whole(tmp_path):
    made = token_store.write_store(tmp_path / "store", [([2**16 + 5], [1])], 2**17, {})
    assert made.pair(0)[0] == [2**16 + 5]


def test_ids_of_a_documents_own_words_are_kept_whole(tmp_path):
    size = 2**16
    made = token_store.write_store(
        tmp_path / "store", [([size, size + 7], [5])], size, {}, has_document_words=True
    )
    assert made.pair(0)[0].tolist() == [size, size + 7]
    assert token_store.read_store(tmp_path / "store").size == size


def test_released_pages_come_back(tmp_path):
    made = token_store.write_store(tmp_path / "store", [([5, 6], [7])], 400, {})
    before = made.pair(0)[0]
    made.release()
    assert before.tolist() == [5, 6]
    assert made.pair(0)[1] == [7]


def test_a_crash_leaves_the_store_that_was_there(tmp_path):
    folder = tmp_path / "store"
    token_store.write_store(folder, [([5, 6], [7])], 400, {})

    def interrupted():
        yield [8], [9]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        token_store.write_store(folder, interrupted(), 400, {})
    assert token_store.read_store(folder).pair(0)[0].tolist() == [5, 6]
    again = token_store.write_store(
        folder, [([8], [9])], 400, {}
    )  # what was left aside is in nobody's way
    assert again.pair(0)[0].tolist() == [8]
    assert [p.name for p in tmp_path.iterdir()] == ["store"]


def test_no_pairs_is_an_error_that_names_the_data(tmp_path):
    with pytest.raises(InputError, match="^x.jsonl: no pairs"):
        token_store.write_store(tmp_path / "store", [], 400, {"spec": "x.jsonl"})
    assert not list(tmp_path.iterdir())


DAMAGES = [
    "missing",
    "no json",
    "pieces cut",
    "offsets cut",
    "offsets empty",
    "json cut",
    "json foreign",
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_store_that_is_not_whole_is_an_error(tmp_path, damage):
    folder = tmp_path / "store"
    token_store.write_store(folder, [([5, 6], [7])] * 3, 400, {})
    about = folder / "store.json"
    if damage == "missing":
        folder = tmp_path / "other"
    elif damage == "no json":
        about.unlink()
    elif damage == "json cut":
        about.write_text(about.read_text()[:-10])
    elif damage == "json foreign":
        about.write_text(json.dumps({"rows": 3}))
    else:
        name, how = damage.split()
        content = (folder / f"{name}.bin").read_bytes()
        (folder / f"{name}.bin").write_bytes(content[:-8] if how == "cut" else b"")
    with pytest.raises(InputError) as caught:
        token_store.read_store(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


# --- plan ------------------------------------------------------------------------------------

some_lengths = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 60)), min_size=1, max_size=60
).map(lambda pairs: np.array(pairs, np.int32))
shapes = st.builds(
    BatchShape, st.integers(1, 9), st.integers(1, 130), st.integers(1, 40), st.integers(1, 5)
)


@given(some_lengths, shapes, st.integers(0, 2**31), st.integers(0, 50))
def test_every_example_is_once_in_a_batch_that_holds_it(lengths, shape, seed, epoch):
    planned = batching.plan_batches(lengths, seed, epoch, shape)
    rows = np.concatenate([p.rows for p in planned])
    assert sorted(rows) == list(range(len(lengths)))
    for p in planned:
        assert 1 <= len(p.rows) <= shape.batch_size
        documents = np.clip(lengths[p.rows, 0], 1, shape.document_tokens).max()
        summaries = np.minimum(lengths[p.rows, 1] + 1, shape.summary_tokens).max()
        assert p.document_length % DOCUMENT_STEP == 0
        assert documents <= p.document_length < documents + DOCUMENT_STEP
        assert p.summary_length % SUMMARY_STEP == 0
        assert summaries <= p.summary_length < summaries + SUMMARY_STEP
    full = sum(len(p.rows) == shape.batch_size for p in planned)
    windows = -(-len(lengths) // (shape.batch_size * shape.window))
    assert len(planned) - full <= windows


def flat(planned):
    return [(p.rows.tolist(), p.document_length, p.summary_length) for p in planned]


def test_a_plan_depends_on_seed_and_epoch_alone(kept):
    lengths = kept.lengths()
    plans = {
        k: flat(batching.plan_batches(lengths, *k, SHAPE))
        for k in itertools.product((1, 2), (0, 1))
    }
    for (seed, epoch), expected in plans.items():
        np.random.seed(seed + epoch)
        assert flat(batching.plan_batches(lengths, seed, epoch, SHAPE)) == expected
    assert len({str(p) for p in plans.values()}) == 4


def test_sorting_in_windows_pads_less(kept):
    lengths = np.random.default_rng(0).integers(1, 256, (3000, 2)).astype("int32")
    padded = {}
    for window in (1, 8, 50):
        shape = BatchShape(16, 256, 256, window)
        planned = batching.plan_batches(lengths, 1, 0, shape)
        places = sum(len(p.rows) * (p.document_length + p.summary_length) for p in planned)
        padded[window] = 1 - lengths.sum() / places
    assert padded[50] < padded[8] < padded[1] - 0.05
    # Within a window, documents vary by one bucket at most, summaries are as they come.
    assert padded[50] < 0.27


# --- batches ---------------------------------------------------------------------------------


def test_a_batch_by_hand(tmp_path):
    pairs = [([10, 11, 12], [20, 21]), ([13], [22, 23, 24, 25, 26]), ([], [27])]
    made = token_store.write_store(tmp_path / "store", pairs, 400, {})
    shape = BatchShape(batch_size=4, document_tokens=2, summary_tokens=4, window=1)
    found = batching.gather(made, BatchPlan(np.array([1, 0, 2]), 3, 5), shape)
    expected = {
        "document": [[13, 0, 0], [10, 11, 0], [END, 0, 0], [END, 0, 0]],
        "summary_in": [
            [START, 22, 23, 24, 25],
            [START, 20, 21, 0, 0],
            [START, 27, 0, 0, 0],
            [START, 0, 0, 0, 0],
        ],
        "summary_out": [[22, 23, 24, 25, 0], [20, 21, END, 0, 0], [27, END, 0, 0, 0], [0] * 5],
        "weight": [[1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [0] * 5],
        "row": [1, 0, 2, -1],
    }
    assert {k: v.tolist() for k, v in found.items()} == expected
    types = {k: "float32" if k == "weight" else "int32" for k in expected}
    assert {k: v.dtype.name for k, v in found.items()} == types
    # 13 · 10 11 · END · END of 12 places, 4 + 3 + 2 + 0 of 20.
    assert batching.pad_fraction(found) == pytest.approx(1 - (5 + 9) / (12 + 20))


def test_what_cannot_be_written_has_no_weight(tmp_path):
    n = 100  # of the ids from there on, 103 is beyond what is read of the document
    pairs = [([5, 101, 6, 102, 103], [101, 7, 103, UNKNOWN, 102]), ([4] * 9, [8])]
    kept = token_store.write_store(tmp_path / "store", pairs, n, {}, has_document_words=True)
    shape = BatchShape(batch_size=2, document_tokens=4, summary_tokens=8, window=1)
    found = batching.gather(kept, BatchPlan(np.arange(2), 4, 8), shape)
    read, unread = [101, 7, UNKNOWN, UNKNOWN, 102], [END, 0, 0]
    assert found["summary_out"][0].tolist() == [*read, *unread]
    assert found["summary_in"][0].tolist() == [START, *read, 0, 0]
    assert found["weight"][0].tolist() == [1, 1, 0, 0, 1, 1, 0, 0]
    assert found["weight"][1].tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert found["document"][0].tolist() == [5, 101, 6, 102]
    assert batching.pad_fraction(found) == pytest.approx(1 - (8 + 8) / (8 + 16))


def gathered_slowly(store, rows, documents, summaries, shape):
    """A batch piece by piece: what `batches.gather` says of itself."""
    kinds = ("document", "summary_in", "summary_out", "weight")
    found = {k: np.zeros((shape.batch_size, documents), np.int32) for k in kinds[:1]}
    found |= {k: np.zeros((shape.batch_size, summaries), np.int32) for k in kinds[1:3]}
    found["weight"] = np.zeros((shape.batch_size, summaries), np.float32)
    found["row"] = np.full(shape.batch_size, -1, np.int32)
    found["document"][:, 0], found["summary_in"][:, 0] = END, START
    for i, row in enumerate(rows):
        document, summary = (part.tolist() for part in store.pair(row))
        found["row"][i] = row
        read = document[: shape.document_tokens]
        for at, piece in enumerate(read):
            found["document"][i, at] = piece
        for at, piece in enumerate([*summary, END][: shape.summary_tokens]):
            known = piece < store.size or piece in read
            found["summary_out"][i, at] = piece if known else UNKNOWN
            found["weight"][i, at] = known and piece != UNKNOWN
            if at + 1 < summaries and piece != END:
                found["summary_in"][i, at + 1] = found["summary_out"][i, at]
    return found


own_words = st.one_of(st.integers(UNKNOWN, 9), st.integers(10, 14))  # N is 10
some_pairs = st.lists(
    st.tuples(st.lists(own_words, max_size=40), st.lists(own_words, max_size=12)),
    min_size=1,
    max_size=12,
).filter(lambda pairs: any(a or b for a, b in pairs))


@given(some_pairs, shapes, st.booleans(), st.integers(0, 99))
def test_a_batch_is_what_it_would_be_piece_by_piece(tmp_path_factory, pairs, shape, extended, seed):
    if not extended:
        pairs = [([min(i, 9) for i in a], [min(i, 9) for i in b]) for a, b in pairs]
    folder = tmp_path_factory.mktemp("data") / "store"
    made = token_store.write_store(folder, pairs, 10, {}, extended)
    for planned in batching.plan_batches(made.lengths(), seed, 0, shape):
        found = batching.gather(made, planned, shape)
        expected = gathered_slowly(made, *planned, shape)
        for name in expected | found:
            np.testing.assert_array_equal(found[name], expected[name], name)
            assert found[name].dtype == expected[name].dtype


def test_an_epoch_of_batches_holds_all_pieces_that_are_read(kept):
    seen = []
    for epoch, _, batch in batching.stream_batches(kept, 1, 0, 0, SHAPE):
        if epoch:
            break
        assert all(len(v) == SHAPE.batch_size for v in batch.values())
        assert (batch["document"] != PAD).any(axis=1).all()
        for i, row in enumerate(batch["row"]):
            if row < 0:
                assert not batch["weight"][i].any()
                continue
            seen.append(row)
            document, summary = (part.tolist() for part in kept.pair(row))
            read = [p for p in batch["document"][i] if p != PAD]
            assert read == (document[:70] or [END])
            real = batch["weight"][i] > 0
            assert batch["summary_out"][i][real].tolist() == [*summary, END][:20]
            assert batch["summary_in"][i][real].tolist() == [START, *summary][:20][: real.sum()]
            assert not batch["summary_out"][i][~real].any()
    assert sorted(seen) == list(range(kept.rows))


def take(stream, count):
    return [
        (int(e), int(i), {k: np.asarray(v) for k, v in batch.items()})
        for e, i, batch in itertools.islice(stream, count)
    ]


def assert_same(one, other):
    assert [p[:2] for p in one] == [p[:2] for p in other]
    for a, b in zip(one, other, strict=True):
        assert a[2].keys() == b[2].keys()
        for key in a[2]:
            np.testing.assert_array_equal(a[2][key], b[2][key])
            assert a[2][key].dtype == b[2][key].dtype


def test_any_position_can_be_found_again(kept):
    lengths = kept.lengths()
    count = len(batching.plan_batches(lengths, 3, 0, SHAPE))
    everything = take(batching.stream_batches(kept, 3, 0, 0, SHAPE), 2 * count + 3)
    expected = [(e, i) for e in range(3) for i in range(count)][: 2 * count + 3]
    assert [p[:2] for p in everything] == expected
    for at in (1, count - 1, count, count + 4):
        epoch, index = expected[at]
        tail = take(batching.stream_batches(kept, 3, epoch, index, SHAPE), len(everything) - at)
        assert_same(tail, everything[at:])


def test_tensorflow_makes_the_same_batches_ahead_of_time(kept):
    for epoch, index in [(0, 0), (1, 5)]:
        ahead = take(tf_pipeline.prefetched_batches(kept, 3, epoch, index, SHAPE), 13)
        assert_same(ahead, take(batching.stream_batches(kept, 3, epoch, index, SHAPE), 13))


# --- fingerprints ----------------------------------------------------------------------------


def test_fingerprints_see_letters_and_digits_alone():
    assert contamination.document_hash("Bees, of Berlin (2)!") == contamination.document_hash(
        "bees  OF\nberlin 2"
    )
    others = ["bees of berlin 3", "bees of berlin", "2 bees of berlin", "", "蜜蜂", "蜂蜜"]
    assert len({contamination.document_hash(t) for t in ["bees of berlin 2", *others]}) == 7
    assert all(0 <= contamination.document_hash(t) < 2**64 for t in others)


@given(st.text() | st.text(st.characters(max_codepoint=127)))
def test_a_fingerprint_is_of_letters_and_digits_one_after_another(text):
    kept = "".join(c for c in text.casefold() if c.isalnum()).encode()
    expected = hashlib.blake2b(kept, digest_size=8).digest()
    assert contamination.document_hash(text).to_bytes(8, "little") == expected


def test_recorded_fingerprints_tell_what_was_seen(tmp_path):
    examples = [Example(f"id{i}", f"document number {i}", "x") for i in range(50)]
    recorder = contamination.ContaminationIndex("jsonl:a")
    assert list(recorder.record(iter(examples))) == examples
    path = tmp_path / contamination.FILE
    recorder.save(path)
    with np.load(path) as kept:
        assert kept["ids"].tolist() == sorted(
            contamination.id_hash(e.id, "jsonl:a") for e in examples
        )
        assert kept["documents"].tolist() == sorted(
            contamination.document_hash(e.document) for e in examples
        )
        assert {values.dtype for values in kept.values()} == {np.dtype(np.uint64)}
    asked = [
        Example("id3", "another document"),
        Example("id-3", "another document"),
        Example("new", "Document (number 7)."),
        Example("id4", "document number 4"),
    ]
    assert contamination.find_overlap(path, asked, "jsonl:a") == {0: "id", 2: "text", 3: "text"}
    assert contamination.find_overlap(path, asked, "jsonl:b") == {2: "text", 3: "text"}
    assert contamination.find_overlap(path, [], "jsonl:a") == {}


def test_fingerprints_of_another_model_that_are_cut_are_told(tmp_path):
    path = tmp_path / contamination.FILE
    recorder = contamination.ContaminationIndex()
    recorder.save(path)
    for content in (path.read_bytes()[:100], b"", b"PK"):
        path.write_bytes(content)
        with pytest.raises(
            ModelError, match=r"fingerprints\.npz: cut or not written by this program"
        ):
            recorder.add(path)
    np.savez(path, ids=np.zeros(2), documents=np.zeros(2))
    with pytest.raises(ModelError, match=r"fingerprints\.npz: holds no fingerprints$"):
        recorder.add(path)


def test_ids_mean_the_same_within_a_file_whatever_is_read_of_it(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text("{}\n")
    monkeypatch.chdir(tmp_path)
    same = ["a.jsonl", "a.jsonl,split=test", "./a.jsonl,document=body,shard=0/2", "jsonl:a.jsonl"]
    assert {spec.identity(one) for one in same} == {f"jsonl:{tmp_path.resolve() / 'a.jsonl'}"}
    others = ["b.jsonl", "reverse_digits", "reverse_digits,seed=2", "mix:1*a.jsonl", "tfds:xsum"]
    assert len({spec.identity(one) for one in [*same, *others]}) == 6
    assert spec.identity("reverse_digits,split=test,seed=2") == spec.identity(others[2])


def test_an_ensemble_has_seen_what_each_of_its_members_saw(tmp_path):
    documents = [Example("1", "bees fly"), Example("2", "ants walk"), Example("3", "cats sleep")]
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder, example in zip(folders, documents, strict=False):
        folder.mkdir()
        recorder = contamination.ContaminationIndex(folder.name)
        list(recorder.record([example]))
        recorder.save(folder / contamination.FILE)
    ensemble._merge(contamination.ContaminationIndex(), folders, tmp_path / contamination.FILE)
    assert contamination.find_overlap(tmp_path / contamination.FILE, documents, "c") == {
        0: "text",
        1: "text",
    }
    (folders[1] / contamination.FILE).unlink()
    ensemble._merge(contamination.ContaminationIndex(), folders, tmp_path / contamination.FILE)
    assert not (tmp_path / contamination.FILE).exists()
