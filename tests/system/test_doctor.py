"""`doctor` on a run that was trained here."""

from summarizer import cli


def test_trained_run_has_no_findings(trained, capsys, caplog):
    assert cli.main(["doctor", str(trained.folder)]) == 0
    assert capsys.readouterr().out == "no problems found\n"
    assert "a run of 250 steps, without an evaluation" in caplog.text
