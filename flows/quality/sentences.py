"""What the checks say, by key: one English sentence of evidence and one of what is done. A report has the same keys in
other languages; the names and numbers travel with the finding.
"""

from flows.quality.finding import Finding, Severity

EVIDENCE = {
    "group": '"{column}" names the group of a row.',
    "unit": '"{column}" names the unit of a row.',
    "look_alike.column": '"{column}" names the pieces of surface that pictures show.',
    "time": '"{column}" says when a row was written, not what was measured.',
    "file_name": '"{column}" comes from the name of the file or sheet.',
    "derived": '"{column}" is counted back from each unit\'s end.',
    "identifier.texts": '"{column}" has {distinct} different texts in {rows} rows: it names rows.',
    "identifier.numbers": ('"{column}" holds {rows} whole numbers, each once and without great gaps: it counts rows.'),
    "identifier.steps": '"{column}" changes by {change:.0f} from row to row: it counts rows.',
    "group_number": '"{column}" stays the same or climbs by one, {times} times: it numbers groups.',
    "stands_for_target": (
        'Where "{column}" is {value}, {hits} of {rows} rows belong to one class that has {base_percent:.1f} % of all '
        "rows."
    ),
    "written_afterwards.empty": (
        '"{column}" has no value in {inside_percent:.1f} % of the rows of one class and in {outside_percent:.1f} % of '
        "the others: it seems to be written after the answer is known."
    ),
    "written_afterwards.value": (
        '"{column}" has the value {value} in {inside_percent:.1f} % of the rows of one class and in '
        "{outside_percent:.1f} % of the others: it seems to be written after the answer is known."
    ),
    "copy_of_target": '"{column}" alone gives R2 {score:.4f} on unseen rows: it is the target in another form.',
    "strong_alone": '"{column}" alone gives AUC {score:.3f} on unseen rows.',
    "beside_marks": (
        '"{column}" stands in a block of {marks} rare yes/no marks of which {leaks} give the target away ({names}).'
    ),
    "mark_of_change": (
        '"{column}" is set in {rows} rows; {hits} of them lie within 3 rows of a change of the target, as do '
        "{base_percent:.1f} % of all rows."
    ),
    "sum_of_columns": '"{target}" is a weighted sum of other columns (R2 {score:.6f} on unseen rows).',
    "newest_rows_only": "Of {stored} rows of the data set the newest {rows} are used.",
    "rows_without_target": '{unlabelled} of {rows} rows have no value of "{column}".',
    "duplicate_rows": "{copies} of {rows} rows repeat an earlier row in every input and the target.",
    "empty_column": '"{column}" is empty in all {rows} rows.',
    "constant_column": '"{column}" is {value} in every row.',
    "many_missing": '"{column}" is empty in {missing} of {rows} rows.',
    "order_tells_target.table.AUC": "The place of a row in the table alone gives AUC {score:.2f} on unseen rows.",
    "order_tells_target.table.R2": "The place of a row in the table alone gives R2 {score:.2f} on unseen rows.",
    "order_tells_target.group.AUC": (
        "The place of a row in its file or group alone gives AUC {score:.2f} on unseen rows."
    ),
    "order_tells_target.group.R2": "The place of a row in its file or group alone gives R2 {score:.2f} on unseen rows.",
    "neighbours_alike": "Neighbouring rows are alike in the target (correlation {score:.2f}).",
    "groups_cross_folds": '"{column}" holds {groups} groups of rows, and the split is by chance.',
    "look_alike.pictures": "{shared} of {rows} pictures show a piece of surface that another picture shows too.",
    "drift": "{columns} column(s) differ between the first and the last third of the rows: {names}.",
    "rare_class": "One class has {largest_percent:.1f} % of the rows; always guessing it is that accurate.",
    "no_good_class": 'None of the {classes} classes of "{column}" is called good or normal ({names}).',
    "same_rows_in_sheets": "{note}",
    "clock_goes_back": '"{column}" goes back {times} times, at most by {longest:.3g} {longest_unit}.',
    "clock_stands_still": '"{column}" stands still between {repeated} of {steps} neighbouring rows.',
    "clock_has_gaps": (
        '"{column}" has {gaps} gap(s), the longest of {longest:.3g} {longest_unit}; the usual step is '
        "{usual:.3g} {usual_unit}."
    ),
}

REMEDIES = {
    "left_out_unless": "It is left out; list it under 'Use although suspected' if it is known before the answer.",
    "left_out_or_split": (
        "It is left out; list it under 'Use although suspected' if it is known before the answer. It may be the column "
        "to split by."
    ),
    "may_split": "It is left out; it may be the column to split by.",
    "splits_only": "It only splits rows.",
    "orders_rows": ("It orders and splits rows and is no input; 'Use although suspected' would turn it into seconds."),
    "used_if_before": "It is used; make sure that it is measured before the answer is known.",
    "leave_out_parts": "Leave out the parts that are known only with the sum.",
    "set_in_charter": "The charter says so (newest_rows).",
    "rows_not_used": "Those rows are not used.",
    "one_fold": "Equal rows must lie in the same fold.",
    "count_twice": "Equal rows count twice.",
    "left_out": "It is left out.",
    "median_and_mark": "Empty cells get the median of the training rows and a mark of their own.",
    "no_row_numbers": "Row numbers, elapsed and clock time are no inputs; split by group or by time.",
    "chance_flatters": "A split by chance puts neighbours on both sides and flatters; split by group or by time.",
    "split_by_this": "Rows of one group end on both sides and flatter; split by this column.",
    "split_by_time": "A model of early rows may fail on late ones; a split by time shows it.",
    "other_metric": "Judge by AUC, average precision or F1, not by accuracy.",
    "tells_kinds_apart": (
        "The verdict says how well the kinds are told apart, not whether a part is good: there is no miss and no false "
        "alarm, so costs are not used. If good parts will be judged as well, add rows of them as a class of their own."
    ),
    "one_sheet": "Only one of the sheets is used.",
    "time_with_care": "Rows are out of order, files overlap, or the clock was set; split by time with care.",
    "share_a_time": "Several rows share one time.",
    "gap_is_border": "Windows and earlier values cross no gap where the charter names this column as its time column.",
}


def found(wording: str, severity: Severity, column: str = "", *, remedy: str, **facts: float | str) -> Finding:
    """The finding whose evidence is EVIDENCE[wording] and whose action is REMEDIES[remedy], filled with the facts.

    wording: its code, where a code has several sentences followed by a point and which. Facts that end in "_share" are
    shares of 1.
    """
    shares = {name[:-6]: value for name, value in facts.items() if name.endswith("_share") and isinstance(value, float)}
    percent = {f"{name}_percent": 100 * share for name, share in shares.items()}
    evidence = EVIDENCE[wording].format(column=column, **facts, **percent)
    code = wording.partition(".")[0]
    # A record holds numbers as floats: what is read back must equal what was written.
    kept = {name: value if isinstance(value, str) else float(value) for name, value in facts.items()}
    return Finding(code, severity, column, evidence, REMEDIES[remedy], wording, remedy, kept)
