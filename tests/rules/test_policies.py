"""Every policy file is read by one reader, which names the file and its faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import rules
from pipeline.errors import ConfigError
from pipeline.rules.enrollment import enrollment_rules
from pipeline.rules.facilities import facility_rules


@pytest.mark.parametrize(("read", "folder"), [(enrollment_rules, "enrollment"), (facility_rules, "facilities")])
def test_a_faulty_file_is_named_with_what_is_wrong_in_it(
    read: object, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "nowhere.yaml").write_text("name: nowhere\nbirthdays: 3\n", encoding="utf-8")
    monkeypatch.setattr(rules, "POLICY", tmp_path)
    assert rules.policy_names(folder) == ["nowhere"]
    with pytest.raises(ConfigError) as refused:
        read("nowhere")  # type: ignore[operator]
    message = str(refused.value)
    assert message.startswith(f"nowhere.yaml holds no valid rules of {folder}:")
    assert "publisher: Field required" in message and "birthdays: Extra inputs are not permitted" in message
