"""English of the report. Plain words, short sentences; {names} are facts of the record."""

ENGLISH: dict[str, str | tuple[str, ...]] = {
    "language": "en",
    "title": "Decision report",
    "list_comma": ", ",
    "sentence_space": " ",
    "range": "{low} to {high}",
    "or_more": "{low} or more",
    "not_measured": "not measured",
    "not_used": "not used",
    "no_limit": "no limit",
    "never": "never",
    "and_more": "{names} and more",
    "gap.search": "the search with {model}",
    "loss.squared": "squared loss",
    "loss.logistic": "logistic loss",
    "percent": "{value} %",
    # The verdict.
    "verdict.SIMPLE_SUFFICES": "A simple model is enough",
    "verdict.WIDTH_SUFFICES": "One hidden layer is enough",
    "verdict.DEPTH_PAYS": "Depth pays",
    "verdict.NOT_FEASIBLE": "Not feasible on this data",
    "verdict.MORE_DATA": "More data first",
    "verdict.INCONCLUSIVE": "Not settled yet",
    "sentence.baseline_reaches": (
        "No neural network is needed: {model} gives {value} ({low} to {high}), the target is {target}."
    ),
    "sentence.baseline_reaches_on_average": (
        "No neural network is needed: {model} gives {value} on average ({low} to {high}), the target is {target}, "
        "and no network reaches it with more certainty."
    ),
    "sentence.baseline_level_with_networks": (
        "No neural network is needed: {model} gives {value} on average ({low} to {high}), the target is {target}. "
        "The best network ({network}) gives {network_value}, which is not better beyond doubt."
    ),
    "sentence.depth_not_smaller": (
        "One hidden layer reaches the target of {target} with {shallow_parameters} parameters, {ratio} times "
        "({ratio_low} to {ratio_high}) those of the best deeper network; depth pays from {minimum_ratio} times."
    ),
    "sentence.deep_not_reached": (
        "One hidden layer reaches the target of {target} with {shallow_parameters} parameters; no deeper network does, "
        "with up to {deep_high}."
    ),
    "sentence.shallow_alone": (
        "One hidden layer reaches the target of {target} with {shallow_parameters} parameters; "
        "nothing deeper was to be tried."
    ),
    "sentence.ratio_above_threshold": (
        "With {deep_hidden_layers} hidden layers, {deep_parameters} parameters reach the target of {target}; "
        "one hidden layer needs {ratio} times as many ({ratio_low} to {ratio_high})."
    ),
    "sentence.no_shallow_reaches": (
        "With {deep_hidden_layers} hidden layers, {deep_parameters} parameters reach the target of {target}; "
        "with one hidden layer not even {shallow_high} do."
    ),
    "sentence.below_kill": (
        "Even the best model ({model}) stays at {value} ({low} to {high}); the charter gives the idea up at {kill}."
    ),
    "sentence.target_out_of_reach": (
        "The best model ({model}) stays at {value} ({low} to {high}), the target is {target}, and more rows "
        "would not help."
    ),
    "sentence.rows_to_target": (
        "No model reaches the target of {target} yet, but every row still helps: about {rows} rows "
        "({rows_low} to {rows_high}) instead of {rows_now} should get there."
    ),
    "sentence.budget_ended": "The budget ended before the answer. Not measured: {missing}.",
    "sentence.stopped_by_person": "{person} ended the evaluation before the stage “{stage}”: {why}.",
    "sentence.nobody_approved": "Nobody approved the stage “{stage}” in time.",
    "sentence.ratio_straddles_threshold": (
        "Depth seems to save a factor of {ratio}, but the range {ratio_low} to {ratio_high} does not settle "
        "whether it is the {minimum_ratio} asked for."
    ),
    "sentence.shallow_grid_too_short": (
        "Deeper networks reach the target of {target} with {deep_parameters} parameters; one hidden layer "
        "was tried up to {shallow_high} only, too few to say whether depth pays."
    ),
    "sentence.no_shallow_family": (
        "A network with {model} reaches the target of {target} with {deep_parameters} parameters, but no "
        "shallow one was to be tried."
    ),
    "sentence.not_confirmed": (
        "The untouched rows do not confirm it: there the finalist ({model}) stays at {value} ({low} to {high}), "
        "the target is {target}."
    ),
    "sentence.kill_not_excluded": (
        "On average even the best model ({model}) stays at {value}, worse than the {kill} at which the idea is dead; "
        "but the parts of the data differ so much ({low} to {high}) that it may still lie above."
    ),
    "sentence.between_kill_and_target": (
        "The best model ({model}) reaches {value} ({low} to {high}): above the {kill} at which the idea is "
        "dead, below the target of {target}, and more rows of this kind would not change that."
    ),
    "sentence.curve_not_trusted": (
        "The best model ({model}) reaches {value} ({low} to {high}), the target is {target}; how many more "
        "rows would get there cannot be said yet."
    ),
    "sentence.no_learning_curve": (
        "The best model ({model}) reaches {value} ({low} to {high}), the target is {target}; whether more "
        "rows help was not measured."
    ),
    "sentence.nothing_measured": "Nothing was measured.",
    # What to do.
    "advice.SIMPLE_SUFFICES": "Build the simple model. Do not pay for a neural network.",
    "advice.WIDTH_SUFFICES": "Fund the shallow network. Do not pay for a deeper one.",
    "advice.DEPTH_PAYS": "Fund the deep network.",
    "advice.NOT_FEASIBLE": "Stop here. No size and no depth rescues this question on this data.",
    "advice.MORE_DATA": "Collect rows first; decide about networks afterwards.",
    "advice.INCONCLUSIVE": "Do not decide yet. Either extend the budget or stop.",
    # What would change our mind.
    "change.higher_target": "A higher target than {target}.",
    "change.lower_target": "A lower target than {target}.",
    "change.more_rows": ("More rows of the same kind than these {rows_now}.", "More rows of the same kind."),
    "change.smaller_minimum_ratio": (
        "A device so small that saving less than a factor of {minimum_ratio} is worth money."
    ),
    "change.larger_minimum_ratio": "Asking for a larger saving than a factor of {minimum_ratio}.",
    "change.larger_networks": "Larger networks than were tried.",
    "change.add_deep_family": "Trying networks with more hidden layers.",
    "change.add_shallow_family": "Trying networks with one hidden layer.",
    "change.other_columns": "A measurement that sees the cause: better columns, not larger networks.",
    "change.lower_kill": ("A lower limit than {kill} for giving up.", "A lower limit for giving up."),
    "change.more_minutes": "A longer time budget: what is finished is not trained again.",
    "change.approve_stage": "Approval of the next stage.",
    "next.currency": "The project costs {next_cost} once.",
    "next.rows": "About {next_cost} more rows; the evaluation is then repeated with one command.",
    "next.budget": "About {next_cost} times the data or the folds.",
    "next.none.SIMPLE_SUFFICES": "No further stage is needed.",
    "next.none.WIDTH_SUFFICES": "A trial on the line.",
    "next.none.DEPTH_PAYS": "A trial on the line.",
    "next.none.NOT_FEASIBLE": "None is proposed.",
    "next.none.MORE_DATA": "The evaluation is repeated with one command once there are more rows.",
    "next.none.INCONCLUSIVE": "The same command with more minutes goes on where this run ended.",
    # Phrases for the meeting.
    "meeting.SIMPLE_SUFFICES.1": "“We get {value} from {model}. Our target is {target}. We need no network.”",
    "meeting.SIMPLE_SUFFICES.2": "“It saves {saving} a year and is paid back in {payback} years.”",
    "meeting.SIMPLE_SUFFICES.3": "“{untouched_rows} rows were locked away until the end: this is no wishful thinking.”",
    "meeting.WIDTH_SUFFICES.1": "“One hidden layer is enough. Depth gives nothing that we could measure.”",
    "meeting.WIDTH_SUFFICES.2": "“It saves {saving} a year and is paid back in {payback} years.”",
    "meeting.WIDTH_SUFFICES.3": (
        "“The best simple model stays at {simple}; the network reaches our target of {target}.”"
    ),
    "meeting.DEPTH_PAYS.1": (
        "“The same accuracy takes {ratio} times fewer parameters with {deep_hidden_layers} hidden layers.”",
        "“Only the deeper network reaches our target of {target}.”",
    ),
    "meeting.DEPTH_PAYS.2": (
        "“Even the cautious end of the range, {ratio_low}, is not below the {minimum_ratio} we asked for.”"
    ),
    "meeting.DEPTH_PAYS.3": "“It saves {saving} a year and is paid back in {payback} years.”",
    "meeting.NOT_FEASIBLE.1": (
        "“The best we could do is {value}. We had agreed to stop below {kill}.”",
        "“The best we could do is {value}; the target is {target}.”",
    ),
    "meeting.NOT_FEASIBLE.2": "“Stopping now is a result: it saves the rest of the budget.”",
    "meeting.MORE_DATA.1": "“With {rows_now} rows we are at {value}. The target needs about {rows}.”",
    "meeting.MORE_DATA.2": "“The money goes into collecting rows, not into larger networks.”",
    "meeting.INCONCLUSIVE.1": "“We cannot say yet, and we do not pretend.”",
    "meeting.INCONCLUSIVE.2": "“We know what would settle it.”",
    # Since the evaluation before.
    "head.since": "Since the last evaluation",
    "since.same": "On {when} the verdict was the same.",
    "since.turned": "On {when} the verdict was “{verdict_before}”; now it is “{verdict_after}”.",
    "since.target.reached now": (
        "The best model ({model_after}) now reaches the target: {metric_after}, before it was {metric_before}."
    ),
    "since.target.no longer reached": (
        "The best model ({model_after}) no longer reaches the target: {metric_after}, before it was {metric_before}."
    ),
    "since.target.as before": "The best model ({model_after}) gives {metric_after}; before it was {metric_before}.",
    "since.cause.rows": "There are {rows_after} rows instead of {rows_before}.",
    "since.cause.data": "The data is another: as many rows, but not the same ones.",
    "since.cause.promise": "The charter is another: {promises}.",
    "since.cause.stage": "This evaluation ended with the stage “{stage_after}”, the last one with “{stage_before}”.",
    "since.cause.program": "The program is another version.",
    "since.cause.nothing": "Data, charter and program are the same.",
    "since.together": "Several things changed at once, so none of them alone explains the new verdict.",
    "standing.title": "Nothing new: the verdict stands",
    "standing.sentence": (
        "Data, charter and program are the same as on {when}; nothing was trained again, and the verdict stands."
    ),
    # Headings.
    "head.picture": "How large a network must be",
    "head.money": "What it costs, what it saves",
    "head.why": "Why believe it",
    "head.change": "What would change our mind",
    "head.next": "Next stage",
    "head.meeting": "For the meeting",
    "head.appendix": "Appendix",
    "head.charter": "What was promised before any model was trained",
    "head.data": "The data",
    "head.findings": "Findings in the data",
    "head.families": "All families",
    "head.regions": "Linear pieces",
    "head.slice": "A slice through the recommended network",
    "head.yardstick": "Proven optimum",
    "head.learning": "Learning curve",
    "head.confusion": "Right and wrong on the untouched rows",
    "head.cost": "Cost against the threshold",
    "head.latency": "How fast it answers",
    "head.success": "How often training succeeds",
    "head.time": "Where the time went",
    "head.approvals": "Approvals",
    "head.versions": "Versions",
    "head.reproduce": "How to reproduce",
    "head.links": "Links",
    "caption.size": (
        "Each line is one number of hidden layers; the shaded band is the {level} range. The ring marks the "
        "smallest network that reaches the target, the bar under it the range of that size."
    ),
    "caption.regions": "A network cuts its inputs into linear pieces. Dashed: the most that its architecture allows.",
    "caption.slice": "Two directions through the data; inside each piece the network is a flat plane. Dots: data rows.",
    "caption.learning": "The recommended model, trained on growing parts of the rows.",
    "caption.success": "Share of single training runs that reach the target at the smallest sufficient size.",
    "caption.confusion": (
        "At the chosen threshold, with this model: {option}. Money: what the mistakes of this kind cost a year."
    ),
    "caption.cost": (
        "Model: {option}. The threshold was chosen where {threshold_rows} validation rows cost least; the untouched "
        "rows played no part in it."
    ),
    "caption.latency": ("Milliseconds a row, measured on the machine of this evaluation with one thread."),
    "caption.time": "Each bar is a task, placed when it ran. Left out: waiting, and what an earlier run had answered.",
    "caption.money": (
        "Saving: against the cheaper of two ways without a model, to let every unit pass or to stop every unit. "
        "Missed and false alarms: among the {untouched_rows} untouched rows."
    ),
    "caption.saving": "Dot and bar: saving a year with its range. Tick: what the project costs once.",
    "why.protocol": (
        "Every size was judged {folds} × {seeds} times on rows it had not learned from (rows split {split}); the "
        "ranges show how much the {folds} parts of the data differ."
    ),
    "why.untouched": "{untouched_rows} rows stayed locked away until the choice was made, and were used once.",
    "why.leaks": "Columns that would have given the answer away were found and not used: {leaks}.",
    "why.no_leaks": "No column was found that gives the answer away.",
    "why.quarantined": "{quarantined} of {all_rows} rows were unreadable and set aside, each with its reason.",
    "why.rates": (
        "Tried on problems with a known answer, the procedure wrongly said “depth pays” in {false_rate} of "
        "{false_rate_of} (at most {false_rate_high}) and missed it in {missed_rate} of {missed_rate_of} "
        "(at most {missed_rate_high}).",
        "On problems with a known answer, this procedure wrongly said “depth pays” in {false_rate} of cases, "
        "and missed it in {missed_rate}.",
    ),
    "why.yardstick": "Beside the experiment stands a proof of how good a shallow network can be at best (appendix).",
    "why.incomplete": "Not everything was measured: {missing}.",
    # Tables and labels.
    "money.none": "The charter names no costs, so no saving is computed.",
    "money.not_confirmed": "Money is computed on the untouched rows, which were not opened.",
    "money.not_binary": "Money is computed for yes/no questions only: nothing else has misses and false alarms.",
    "table.option": "Option",
    "table.saving": "Saving a year, {currency}",
    "table.project": "Project, once, {currency}",
    "table.payback": "Payback, years",
    "table.misses": "Missed",
    "table.false_alarms": "False alarms",
    "table.family": "Family",
    "table.smallest": "Smallest size that reaches the target",
    "question": "Can “{target_column}” be predicted well enough? Measured by {metric}.",
    "table.untouched": "On the untouched rows",
    "table.success": "Success rate",
    "table.collapsed": "Collapsed runs",
    "table.units": "Units a layer",
    "table.metric": "Cross-validated",
    "table.model": "Model",
    "table.latency": "ms a row, one at a time",
    "table.latency_1000": "ms a row, 1,000 at a time",
    "table.stage": "Stage",
    "table.decision": "Decision",
    "table.person": "Person",
    "table.reason": "Reason",
    "table.column": "Column",
    "table.finding": "Finding",
    "table.action": "What was done",
    "table.parameters": "Parameters",
    "table.width": "Width",
    "table.lower": "Best possible loss, at least",
    "table.upper": "at most",
    "table.status": "Status",
    "not_reached": "not reached up to {value}",
    "already": "{value} or fewer",
    "option.simple": "Simple model",
    "option.shallow": "Shallow network",
    "option.deep": "Deep network",
    "name.linear": "Linear model",
    "name.trees": "Boosted trees",
    "name.dummy": "No model",
    "model.linear": "a linear model",
    "model.trees": "an ensemble of trees",
    "model.dummy": "a constant guess",
    "trained_loss": "Ordinary training reached",
    "status.proven": "proven",
    "status.gap": "gap left",
    "status.time": "time ended",
    "status.nodes": "search ended",
    "status.not run": "not run",
    "fact.today": "today",
    "fact.target": "target",
    "fact.best": "best model tried",
    "fact.confirmed": "on the untouched rows",
    "fact.ratio": "parameters, shallow ÷ deep",
    "fact.saving": "saving a year",
    "fact.payback": "payback, years",
    "decision.approved": "approved",
    "decision.stopped": "stopped",
    "decision.timed out": "nobody answered in time",
    "decision.not asked": "not asked",
    "reason.not asked": "the charter does not ask between stages",
    "reason.timed out": "nobody answered in seven days",
    "finding.beside_marks": "stands beside the marks of the answer",
    "finding.clock_goes_back": "the clock goes back",
    "finding.clock_has_gaps": "gaps in time",
    "finding.clock_stands_still": "the clock stands still",
    "finding.constant_column": "always the same",
    "finding.copy_of_target": "a copy of the answer",
    "finding.derived": "made from another column",
    "finding.drift": "drift",
    "finding.duplicate_rows": "rows that occur twice",
    "finding.empty_column": "empty",
    "finding.file_name": "name of the file",
    "finding.group": "a group",
    "finding.group_number": "number of a group",
    "finding.groups_cross_folds": "groups on both sides of a split",
    "finding.identifier": "an identifier",
    "finding.many_missing": "many empty cells",
    "finding.mark_of_change": "marks a change",
    "finding.no_good_class": "no class is good",
    "finding.neighbours_alike": "neighbouring rows are alike",
    "finding.order_tells_target": "the order of rows tells the answer",
    "finding.rare_class": "a rare class",
    "finding.newest_rows_only": "the newest rows only",
    "finding.rows_without_target": "rows without an answer",
    "finding.same_rows_in_sheets": "the same rows in several sheets",
    "finding.stands_for_target": "stands for the answer",
    "finding.strong_alone": "strong alone",
    "finding.sum_of_columns": "a sum of columns",
    "finding.unit": "a unit",
    "finding.look_alike": "pictures of one piece",
    "finding.time": "a time",
    "finding.written_afterwards": "written after the answer",
    "table.now": "Now",
    "label.hidden_layers": "Hidden layers compared",
    "label.task": "Kind of answer",
    "label.currency": "Currency",
    "label.poc": "PoC",
    "label.dataset": "Data set",
    "label.fingerprint": "Fingerprint",
    "label.sources": "Sources",
    "label.rows": "Rows",
    "label.development_rows": "Rows to develop on",
    "label.untouched_rows": "Untouched rows",
    "label.quarantined": "Set aside",
    "label.period": "Period",
    "label.columns": "Columns",
    "label.target_column": "Column to predict",
    "label.metric": "Metric",
    "label.target": "Good enough from",
    "label.kill": "Dead below",
    "label.today": "Today's process reaches",
    "label.minimum_ratio": "Depth must save a factor of",
    "label.cost_of_miss": "Cost of a miss",
    "label.cost_of_false_alarm": "Cost of a false alarm",
    "label.units_per_year": "Units a year",
    "label.project_cost_simple": "Project, simple model",
    "label.project_cost_shallow": "Project, shallow network",
    "label.project_cost_deep": "Project, deep network",
    "label.split": "Split of the rows",
    "label.folds": "Folds",
    "label.seeds": "Starts a size",
    "label.seed": "Seed",
    "label.stage_reached": "Stage reached",
    "split.chance": "by chance",
    "split.group": "by group",
    "split.time": "by time",
    "stage.screen": "Screen",
    "stage.compare": "Compare",
    "stage.confirm": "Confirm",
    "overview.title": "All PoCs",
    "overview.order": "The most cautious saving first: the lower end of its range.",
    "overview.nothing": "No evaluation has been finished yet.",
    "overview.poc": "PoC",
    "overview.verdict": "Verdict",
    "overview.confidence": "How sure",
    "overview.saving": "Saving a year",
    "overview.payback": "Payback, years",
    "overview.reached": "Reached",
    "overview.until": "Data until",
    "overview.age": "{days} days old",
    "overview.made_on": "evaluated {day}",
    "overview.made": "Evaluated",
    "overview.rows": "Rows",
    "overview.history": "Evaluated more than once",
    "confidence.confirmed": "seen again on {untouched_rows} untouched rows, ranges of {level}",
    "confidence.folds": "on {folds} parts of the data, not yet on untouched rows",
    "confidence.open": "not settled",
    "link.prefect": "Run in Prefect",
    "link.mlflow": "Record in MLflow",
    "link.curves": "Curves in MLflow",
    "link.charter": "Charter",
}
