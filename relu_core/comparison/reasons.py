"""Why a verdict is what it is: for each reason code its kind, what would change it, and the English sentence."""

KINDS = ("SIMPLE_SUFFICES", "WIDTH_SUFFICES", "DEPTH_PAYS", "NOT_FEASIBLE", "MORE_DATA", "INCONCLUSIVE")

# Code: kind, codes of what would change it, sentence over the numbers.
REASONS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "baseline_reaches": (
        "SIMPLE_SUFFICES",
        ("higher_target",),
        "A simple model ({model}) reaches the target: {metric} {value:.4g} ({low:.4g} to {high:.4g}), target "
        "{target:.4g}.",
    ),
    "baseline_reaches_on_average": (
        "SIMPLE_SUFFICES",
        (
            "more_rows",
            "higher_target",
        ),
        "A simple model ({model}) reaches the target on average: {metric} {value:.4g} ({low:.4g} to {high:.4g}), "
        "target {target:.4g}; no network does so with more certainty.",
    ),
    "baseline_level_with_networks": (
        "SIMPLE_SUFFICES",
        (
            "more_rows",
            "higher_target",
        ),
        "A simple model ({model}) reaches the target on average: {metric} {value:.4g} ({low:.4g} to {high:.4g}), "
        "target {target:.4g}; no network that does is better beyond doubt (best: {network}, {network_value:.4g}, ahead "
        "by {lead:.2g}, {lead_low:.2g} to {lead_high:.2g}).",
    ),
    "depth_not_smaller": (
        "WIDTH_SUFFICES",
        (
            "smaller_minimum_ratio",
            "higher_target",
        ),
        "One hidden layer reaches the target with about {shallow_parameters:.0f} parameters; the best deeper network "
        "saves a factor of {ratio:.2g} ({ratio_low:.2g} to {ratio_high:.2g}), less than the {minimum_ratio:.2g} asked "
        "for.",
    ),
    "deep_not_reached": (
        "WIDTH_SUFFICES",
        (
            "larger_networks",
            "higher_target",
        ),
        "One hidden layer reaches the target with about {shallow_parameters:.0f} parameters; no deeper network does "
        "with up to {deep_high:.0f}.",
    ),
    "shallow_alone": (
        "WIDTH_SUFFICES",
        (
            "add_deep_family",
            "higher_target",
        ),
        "One hidden layer reaches the target with about {shallow_parameters:.0f} parameters; nothing deeper was to be "
        "tried.",
    ),
    "ratio_above_threshold": (
        "DEPTH_PAYS",
        (
            "larger_minimum_ratio",
            "lower_target",
        ),
        "{deep_hidden_layers:.0f} hidden layers reach the target with about {deep_parameters:.0f} parameters where "
        "one needs {shallow_parameters:.0f}: a factor of {ratio:.2g} ({ratio_low:.2g} to {ratio_high:.2g}), and "
        "{minimum_ratio:.2g} was asked for.",
    ),
    "no_shallow_reaches": (
        "DEPTH_PAYS",
        (
            "larger_networks",
            "lower_target",
        ),
        "{deep_hidden_layers:.0f} hidden layers reach the target with about {deep_parameters:.0f} parameters; one "
        "hidden layer does not with up to {shallow_high:.0f}.",
    ),
    "below_kill": (
        "NOT_FEASIBLE",
        (
            "other_columns",
            "lower_kill",
        ),
        "Even the best model ({model}) stays below what was called dead: {metric} {value:.4g} ({low:.4g} to "
        "{high:.4g}), kill value {kill:.4g}.",
    ),
    "target_out_of_reach": (
        "NOT_FEASIBLE",
        (
            "other_columns",
            "lower_target",
        ),
        "No model reaches the target, and more rows would not help: the best ({model}) has {metric} {value:.4g} "
        "({low:.4g} to {high:.4g}), target {target:.4g}.",
    ),
    "rows_to_target": (
        "MORE_DATA",
        (
            "more_rows",
            "other_columns",
            "lower_target",
        ),
        "No model reaches the target yet, but the metric still rises with the rows: about {rows:.0f} rows "
        "({rows_low:.0f} to {rows_high:.0f}) instead of {rows_now:.0f} should reach it.",
    ),
    "budget_ended": (
        "INCONCLUSIVE",
        ("more_minutes",),
        "The budget ended before the answer; missing: {missing}.",
    ),
    "stopped_by_person": (
        "INCONCLUSIVE",
        ("approve_stage",),
        "The evaluation ended before {stage}: {decision} ({person}: {why}).",
    ),
    "ratio_straddles_threshold": (
        "INCONCLUSIVE",
        (
            "more_minutes",
            "more_rows",
        ),
        "Depth seems to save a factor of {ratio:.2g}, but the range {ratio_low:.2g} to {ratio_high:.2g} does not "
        "exclude {minimum_ratio:.2g}; about {times_budget:.1f} times the data or folds would settle it.",
    ),
    "shallow_grid_too_short": (
        "INCONCLUSIVE",
        (
            "larger_networks",
            "more_rows",
        ),
        "Deeper networks reach the target with about {deep_parameters:.0f} parameters and one hidden layer does not "
        "with {shallow_high:.0f}: the factor is at least {ratio_low:.2g}, and only larger shallow networks can say "
        "whether it is above {minimum_ratio:.2g}.",
    ),
    "no_shallow_family": (
        "INCONCLUSIVE",
        ("add_shallow_family",),
        "A deeper network ({model}) reaches the target with about {deep_parameters:.0f} parameters, but no shallow "
        "one was to be tried, so depth cannot be judged.",
    ),
    "not_confirmed": (
        "INCONCLUSIVE",
        (
            "more_rows",
            "other_columns",
        ),
        "The untouched rows do not confirm it: there the finalist ({model}) has {metric} {value:.4g} ({low:.4g} to "
        "{high:.4g}), target {target:.4g}.",
    ),
    "kill_not_excluded": (
        "INCONCLUSIVE",
        (
            "more_rows",
            "other_columns",
        ),
        "On average even the best model ({model}) is worse than what was called dead: {metric} {value:.4g}, kill value "
        "{kill:.4g}; but the folds differ so much ({low:.4g} to {high:.4g}) that it may lie above.",
    ),
    "between_kill_and_target": (
        "INCONCLUSIVE",
        (
            "other_columns",
            "lower_target",
        ),
        "The best model ({model}) lies between the kill value {kill:.4g} and the target {target:.4g}: {metric} "
        "{value:.4g} ({low:.4g} to {high:.4g}), and more rows of the same kind would not change that.",
    ),
    "curve_not_trusted": (
        "INCONCLUSIVE",
        (
            "more_rows",
            "larger_networks",
        ),
        "No model reaches the target (best: {model}, {metric} {value:.4g}, {low:.4g} to {high:.4g}), and the learning "
        "curve over {rows_now:.0f} rows is too uncertain to say how many more would.",
    ),
    "no_learning_curve": (
        "INCONCLUSIVE",
        ("more_minutes",),
        "No model reaches the target (best: {model}, {metric} {value:.4g}, {low:.4g} to {high:.4g}); the learning "
        "curve that would say whether more rows help was not measured.",
    ),
    "nothing_measured": (
        "INCONCLUSIVE",
        ("more_minutes",),
        "Nothing was measured.",
    ),
}
