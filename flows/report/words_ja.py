"""Japanese of the report, written for plant managers; {names} are facts of the record."""

JAPANESE: dict[str, str | tuple[str, ...]] = {
    "language": "ja",
    "title": "投資判断レポート",
    "list_comma": "、",
    "sentence_space": "",
    "range": "{low}〜{high}",
    "or_more": "{low}以上",
    "not_measured": "未測定",
    "not_used": "使用しない",
    "no_limit": "上限なし",
    "never": "回収できない",
    "and_more": "{names}など",
    "gap.search": "{model}の探索",
    "loss.squared": "二乗損失",
    "loss.logistic": "ロジスティック損失",
    "percent": "{value}%",
    # 判定
    "verdict.SIMPLE_SUFFICES": "単純なモデルで十分",
    "verdict.WIDTH_SUFFICES": "隠れ層は1層で十分",
    "verdict.DEPTH_PAYS": "多層化に価値あり",
    "verdict.NOT_FEASIBLE": "このデータでは実現できない",
    "verdict.MORE_DATA": "まずデータを増やす",
    "verdict.INCONCLUSIVE": "まだ判断できない",
    "sentence.baseline_reaches": (
        "ニューラルネットワークではない{model}が{value}({low}〜{high})に達しました。目標は{target}です。"
    ),
    "sentence.baseline_reaches_on_average": (
        "ニューラルネットワークではない{model}が平均で{value}({low}〜{high})に達しました。目標は{target}で、"
        "これより確実に届くネットワークはありません。"
    ),
    "sentence.baseline_level_with_networks": (
        "ニューラルネットワークではない{model}が平均で{value}({low}〜{high})に達しました。目標は{target}です。"
        "最も良いネットワーク({network})は{network_value}で、これより確実に良いとは言えません。"
    ),
    "sentence.depth_not_smaller": (
        "隠れ層1層、パラメータ数{shallow_parameters}で目標の{target}に達しました。"
        "最良の多層ネットワークの{ratio}倍({ratio_low}〜{ratio_high}倍)で、多層化の採用基準{minimum_ratio}倍に届きません。"
    ),
    "sentence.deep_not_reached": (
        "隠れ層1層、パラメータ数{shallow_parameters}で目標の{target}に達しました。多層のネットワークは"
        "{deep_high}まで増やしても届きません。"
    ),
    "sentence.shallow_alone": (
        "隠れ層1層、パラメータ数{shallow_parameters}で目標の{target}に達しました。"
        "多層のネットワークは評価の対象外です。"
    ),
    "sentence.ratio_above_threshold": (
        "隠れ層{deep_hidden_layers}層ならパラメータ数{deep_parameters}で目標の{target}に達します。"
        "隠れ層1層では{ratio}倍({ratio_low}〜{ratio_high}倍)のパラメータが必要です。"
    ),
    "sentence.no_shallow_reaches": (
        "隠れ層{deep_hidden_layers}層ならパラメータ数{deep_parameters}で目標の{target}に達します。"
        "隠れ層1層では{shallow_high}まで増やしても届きません。"
    ),
    "sentence.below_kill": (
        "最も良いモデル({model})でも{value}({low}〜{high})でした。中止ラインは{kill}と事前に決めています。"
    ),
    "sentence.target_out_of_reach": (
        "最も良いモデル({model})でも{value}({low}〜{high})です。目標の{target}には、データを増やしても届きません。"
    ),
    "sentence.rows_to_target": (
        "目標の{target}に届くモデルはまだありませんが、データを増やすほど改善しています。現在の{rows_now}"
        "行に対し、約{rows}行({rows_low}〜{rows_high}行)あれば届く見込みです。"
    ),
    "sentence.budget_ended": "結論が出る前に予算時間が終わりました。未測定:{missing}。",
    "sentence.stopped_by_person": "{person}が「{stage}」段階の前で評価を終了しました。理由:{why}。",
    "sentence.nobody_approved": "「{stage}」段階は期限までに承認されませんでした。",
    "sentence.ratio_straddles_threshold": (
        "多層化で{ratio}倍の小型化が見込まれますが、区間は{ratio_low}〜{ratio_high}倍で、基準の"
        "{minimum_ratio}倍を満たすかどうかはまだ決まりません。"
    ),
    "sentence.shallow_grid_too_short": (
        "多層のネットワークはパラメータ数{deep_parameters}で目標の{target}に達しました。隠れ層1層は"
        "{shallow_high}までしか試しておらず、多層化の価値は判断できません。"
    ),
    "sentence.no_shallow_family": (
        "{model}のネットワークはパラメータ数{deep_parameters}で目標の{target}に達しましたが、"
        "隠れ層1層は評価の対象外でした。"
    ),
    "sentence.not_confirmed": (
        "未使用データでは確認できませんでした。最終候補({model})は{value}({low}〜{high})で、目標は{target}です。"
    ),
    "sentence.kill_not_excluded": (
        "最も良いモデル({model})でも平均は{value}で、中止ラインの{kill}に届きません。ただしデータの部分ごとの差が大きく"
        "({low}〜{high})、中止ラインを超える可能性は否定できません。"
    ),
    "sentence.between_kill_and_target": (
        "最も良いモデル({model})は{value}({low}〜{high})です。中止ラインの{kill}は上回りますが目標の{target}"
        "には届かず、同じ種類のデータを増やしても変わりません。"
    ),
    "sentence.curve_not_trusted": (
        "最も良いモデル({model})は{value}({low}〜{high})、目標は{target}です。あと何行あれば届くかは、まだ言えません。"
    ),
    "sentence.no_learning_curve": (
        "最も良いモデル({model})は{value}({low}〜{high})、目標は{target}です。データを増やす効果は測っていません。"
    ),
    "sentence.nothing_measured": "測定結果がありません。",
    # 推奨
    "advice.SIMPLE_SUFFICES": "単純なモデルを導入し、ニューラルネットワークには投資しないことを勧めます。",
    "advice.WIDTH_SUFFICES": "浅いネットワークに投資し、多層化には投資しないことを勧めます。",
    "advice.DEPTH_PAYS": "多層のネットワークへの投資を勧めます。",
    "advice.NOT_FEASIBLE": "ここで中止することを勧めます。このデータでは、規模や層を増やしても解決しません。",
    "advice.MORE_DATA": "先にデータを集め、ネットワークの判断はその後に行うことを勧めます。",
    "advice.INCONCLUSIVE": "まだ決めないでください。予算時間を延ばすか、中止するかを選んでください。",
    # 判断が変わる条件
    "change.higher_target": "目標を{target}より高くする場合。",
    "change.lower_target": "目標を{target}より下げる場合。",
    "change.more_rows": ("同じ種類のデータが現在の{rows_now}行より増える場合。", "同じ種類のデータが増える場合。"),
    "change.smaller_minimum_ratio": "メモリの小さい機器に載せるなど、{minimum_ratio}倍未満の小型化にも価値がある場合。",
    "change.larger_minimum_ratio": "{minimum_ratio}倍より大きな小型化を求める場合。",
    "change.larger_networks": "今回より大きなネットワークを試す場合。",
    "change.add_deep_family": "隠れ層の多いネットワークを試す場合。",
    "change.add_shallow_family": "隠れ層1層のネットワークを試す場合。",
    "change.other_columns": "原因を捉える計測が加わる場合。必要なのは大きなネットワークではなく、良い測定項目です。",
    "change.lower_kill": ("中止ラインを{kill}より下げる場合。", "中止ラインを下げる場合。"),
    "change.more_minutes": "予算時間を延ばす場合。済んだ学習はやり直しません。",
    "change.approve_stage": "次の段階が承認される場合。",
    "next.currency": "導入費用は{next_cost}(1回)です。",
    "next.rows": "あと約{next_cost}行が必要です。その後の評価は同じコマンドで繰り返せます。",
    "next.budget": "データまたは分割数が約{next_cost}倍必要です。",
    "next.none.SIMPLE_SUFFICES": "次の段階は必要ありません。",
    "next.none.WIDTH_SUFFICES": "ラインでの試行です。",
    "next.none.DEPTH_PAYS": "ラインでの試行です。",
    "next.none.NOT_FEASIBLE": "提案しません。",
    "next.none.MORE_DATA": "データが増えたら、評価は同じコマンドで繰り返せます。",
    "next.none.INCONCLUSIVE": "予算時間を延ばして同じコマンドを実行すれば、続きから再開します。",
    # 会議での一言
    "meeting.SIMPLE_SUFFICES.1": "「{model}で{value}です。目標は{target}ですから、ネットワークは要りません。」",
    "meeting.SIMPLE_SUFFICES.2": "「効果額は年間{saving}、投資回収期間は{payback}年です。」",
    "meeting.SIMPLE_SUFFICES.3": "「{untouched_rows}行は最後まで封印しておきました。都合のよい数字ではありません。」",
    "meeting.WIDTH_SUFFICES.1": "「隠れ層は1層で足ります。多層化には測れる利点がありません。」",
    "meeting.WIDTH_SUFFICES.2": "「効果額は年間{saving}、投資回収期間は{payback}年です。」",
    "meeting.WIDTH_SUFFICES.3": "「単純なモデルは{simple}止まり、ネットワークは目標の{target}に届きます。」",
    "meeting.DEPTH_PAYS.1": (
        "「隠れ層{deep_hidden_layers}層なら、同じ精度を{ratio}分の1のパラメータ数で実現できます。」",
        "「目標の{target}に届くのは、多層のネットワークだけです。」",
    ),
    "meeting.DEPTH_PAYS.2": "「控えめに見ても{ratio_low}倍の差があり、基準の{minimum_ratio}倍を下回りません。」",
    "meeting.DEPTH_PAYS.3": "「効果額は年間{saving}、投資回収期間は{payback}年です。」",
    "meeting.NOT_FEASIBLE.1": (
        "「最良でも{value}です。{kill}を下回れば中止と決めていました。」",
        "「最良でも{value}です。目標は{target}です。」",
    ),
    "meeting.NOT_FEASIBLE.2": "「ここで止めるのも成果です。残りの予算を守れます。」",
    "meeting.MORE_DATA.1": "「{rows_now}行で{value}です。目標には約{rows}行が必要です。」",
    "meeting.MORE_DATA.2": "「予算は大きなネットワークではなく、データ収集に使います。」",
    "meeting.INCONCLUSIVE.1": "「まだ言えません。言えるふりもしません。」",
    "meeting.INCONCLUSIVE.2": "「何があれば決められるかは分かっています。」",
    # 前回の評価との比較
    "head.since": "前回の評価との比較",
    "since.same": "前回({when})と判定は同じです。",
    "since.turned": "前回({when})の判定は「{verdict_before}」でしたが、今回は「{verdict_after}」です。",
    "since.target.reached now": (
        "最良モデル({model_after})が目標に届くようになりました。今回{metric_after}、前回{metric_before}です。"
    ),
    "since.target.no longer reached": (
        "最良モデル({model_after})が目標に届かなくなりました。今回{metric_after}、前回{metric_before}です。"
    ),
    "since.target.as before": "最良モデル({model_after})は{metric_after}、前回は{metric_before}でした。",
    "since.cause.rows": "行数が{rows_before}から{rows_after}に変わりました。",
    "since.cause.data": "行数は同じですが、データの内容が変わりました。",
    "since.cause.promise": "計画書が変わりました:{promises}。",
    "since.cause.stage": "今回は「{stage_after}」段階まで、前回は「{stage_before}」段階まで評価しました。",
    "since.cause.program": "プログラムのバージョンが変わりました。",
    "since.cause.nothing": "データ、計画書、プログラムは前回と同じです。",
    "since.together": "複数の条件が同時に変わったため、判定が変わった理由を一つに絞ることはできません。",
    "standing.title": "変更なし:判定はそのままです",
    "standing.sentence": (
        "データ、計画書、プログラムは{when}の評価と同じです。学習はやり直さず、判定はそのまま有効です。"
    ),
    # 見出し
    "head.picture": "必要なネットワークの大きさ",
    "head.money": "費用と効果",
    "head.why": "信頼できる理由",
    "head.change": "判断が変わる条件",
    "head.next": "次の段階",
    "head.meeting": "会議での一言",
    "head.appendix": "付録",
    "head.charter": "学習の前に決めたこと",
    "head.data": "データ",
    "head.findings": "データで見つかったこと",
    "head.families": "全モデル群の結果",
    "head.regions": "線形領域",
    "head.slice": "推奨ネットワークの断面",
    "head.yardstick": "証明済み最適値",
    "head.learning": "学習曲線",
    "head.confusion": "未使用データでの正誤",
    "head.cost": "しきい値と費用",
    "head.latency": "応答の速さ",
    "head.success": "学習の成功率",
    "head.time": "所要時間の内訳",
    "head.approvals": "承認の記録",
    "head.versions": "バージョン",
    "head.reproduce": "再現の方法",
    "head.links": "リンク",
    "caption.size": (
        "線は隠れ層の数ごとの結果、帯は{level}区間です。丸は目標に届く最小のネットワーク、"
        "その下の棒は大きさの区間を示します。"
    ),
    "caption.regions": "ネットワークは入力を線形領域に分けます。破線は構造上の上限です。",
    "caption.slice": "データを通る2方向の断面です。各領域の中でネットワークは平面になります。点はデータ行です。",
    "caption.learning": "推奨モデルを、少しずつ増やした行数で学習した結果です。",
    "caption.success": "目標に届く最小の大きさで、1回の学習が目標に届いた割合です。",
    "caption.confusion": "採用したしきい値での結果です。モデル:{option}。金額は、その種類の誤りによる年間費用です。",
    "caption.cost": (
        "モデル:{option}。しきい値は、検証用の{threshold_rows}行で費用が最も小さくなる値です。"
        "未使用データはこの選択に使っていません。"
    ),
    "caption.latency": "この評価を行った機械で、単一スレッドで測った所要時間です。",
    "caption.time": "棒は個々の処理とその時間帯です。待ち時間と、以前の実行で済んだ処理は除いています。",
    "caption.money": (
        "効果額:モデルなしの2案(全数を通す、全数を止める)のうち安い方との差。"
        "見逃しと過検出:未使用データ{untouched_rows}行での件数。"
    ),
    "caption.saving": "点と棒:年間の効果額とその区間。縦線:導入費用(1回)。",
    "why.protocol": (
        "どの大きさも、学習に使わない行で{folds}×{seeds}回評価しました(分割:{split})。"
        "区間は{folds}分割の間のばらつきを表します。"
    ),
    "why.untouched": "{untouched_rows}行は最終候補が決まるまで封印し、一度だけ使いました。",
    "why.leaks": "答えが漏れている列を検出し、使っていません:{leaks}。",
    "why.no_leaks": "答えが漏れている列は見つかりませんでした。",
    "why.quarantined": "{all_rows}行のうち{quarantined}行は読み取れず、理由を付けて除きました。",
    "why.rates": (
        "正解の分かっている問題で試すと、誤って「多層化に価値あり」とした割合は{false_rate_of}問中{false_rate}"
        "(最大{false_rate_high})、見落とした割合は{missed_rate_of}問中{missed_rate}(最大{missed_rate_high})でした。",
        "正解の分かっている問題で試すと、誤って「多層化に価値あり」とした割合は{false_rate}、"
        "見落とした割合は{missed_rate}でした。",
    ),
    "why.yardstick": "実験に加えて、浅いネットワークの最良値を数学的に証明しました(付録)。",
    "why.incomplete": "測定できなかったもの:{missing}。",
    # 表
    "money.none": "計画書に費用の記入がないため、効果額は計算していません。",
    "money.not_confirmed": "効果額は未使用データで計算します。未使用データはまだ開封していません。",
    "money.not_binary": "効果額は「はい/いいえ」の問いだけで計算します。ほかの問いには見逃しと過検出がありません。",
    "table.option": "選択肢",
    "table.saving": "年間効果額({currency})",
    "table.project": "導入費用({currency})",
    "table.payback": "投資回収期間(年)",
    "table.misses": "見逃し",
    "table.false_alarms": "過検出",
    "table.family": "モデル群",
    "table.smallest": "目標に届く最小の大きさ",
    "question": "「{target_column}」を十分な精度で予測できるか。評価指標は{metric}です。",
    "table.untouched": "未使用データでの値",
    "table.success": "成功率",
    "table.collapsed": "学習の破綻",
    "table.units": "各層のユニット数",
    "table.metric": "交差検証の値",
    "table.model": "モデル",
    "table.latency": "1行ずつ(ミリ秒/行)",
    "table.latency_1000": "1,000行ずつ(ミリ秒/行)",
    "table.stage": "段階",
    "table.decision": "決定",
    "table.person": "承認者",
    "table.reason": "理由",
    "table.column": "列",
    "table.finding": "内容",
    "table.action": "処置",
    "table.parameters": "パラメータ数",
    "table.width": "幅",
    "table.lower": "損失の最良値(下限)",
    "table.upper": "上限",
    "table.status": "状態",
    "not_reached": "{value}まで増やしても未到達",
    "already": "{value}以下",
    "option.simple": "単純なモデル",
    "option.shallow": "浅いネットワーク",
    "option.deep": "深いネットワーク",
    "name.linear": "線形モデル",
    "name.trees": "勾配ブースティング木",
    "name.dummy": "モデルなし",
    "model.linear": "線形モデル",
    "model.trees": "勾配ブースティング木",
    "model.dummy": "一定値の予測",
    "trained_loss": "通常の学習で到達した値",
    "status.proven": "証明済み",
    "status.gap": "差が残る",
    "status.time": "時間切れ",
    "status.nodes": "探索打ち切り",
    "status.not run": "未実施",
    "fact.today": "現状",
    "fact.target": "目標",
    "fact.best": "試した中で最良",
    "fact.confirmed": "未使用データでの値",
    "fact.ratio": "パラメータ数の比(浅い÷深い)",
    "fact.saving": "年間効果額",
    "fact.payback": "投資回収期間(年)",
    "decision.approved": "承認",
    "decision.stopped": "中止",
    "decision.timed out": "期限内に回答なし",
    "decision.not asked": "確認なし",
    "reason.not asked": "計画書で段階ごとの確認を求めていないため",
    "reason.timed out": "七日間に回答がなかったため",
    "finding.beside_marks": "結果の記号に隣接",
    "finding.clock_goes_back": "時刻の逆行",
    "finding.clock_has_gaps": "時刻の欠落",
    "finding.clock_stands_still": "時刻の停止",
    "finding.constant_column": "値が一定",
    "finding.copy_of_target": "答えの写し",
    "finding.derived": "他の列から計算",
    "finding.drift": "時間による変化",
    "finding.duplicate_rows": "重複行",
    "finding.empty_column": "空の列",
    "finding.file_name": "ファイル名",
    "finding.group": "グループの列",
    "finding.group_number": "グループ番号",
    "finding.groups_cross_folds": "同じグループが分割をまたぐ",
    "finding.identifier": "識別番号",
    "finding.many_missing": "欠損が多い",
    "finding.mark_of_change": "変更の目印",
    "finding.no_good_class": "良品の分類がない",
    "finding.neighbours_alike": "隣り合う行が似ている",
    "finding.order_tells_target": "行の順序が答えを示す",
    "finding.rare_class": "まれな分類",
    "finding.newest_rows_only": "新しい行だけを使用",
    "finding.rows_without_target": "答えのない行",
    "finding.same_rows_in_sheets": "複数シートに同じ行",
    "finding.stands_for_target": "答えの代わりになる列",
    "finding.strong_alone": "単独で強い列",
    "finding.sum_of_columns": "他の列の合計",
    "finding.unit": "ユニットの列",
    "finding.look_alike": "同じ箇所を写した画像",
    "finding.time": "時刻の列",
    "finding.written_afterwards": "結果の後に記録",
    "table.now": "今回",
    "label.hidden_layers": "比較する隠れ層の数",
    "label.task": "答えの種類",
    "label.currency": "通貨",
    "label.poc": "PoC",
    "label.dataset": "データセット",
    "label.fingerprint": "指紋(ハッシュ)",
    "label.sources": "元ファイル",
    "label.rows": "行数",
    "label.development_rows": "開発に使った行",
    "label.untouched_rows": "未使用データの行",
    "label.quarantined": "除いた行",
    "label.period": "期間",
    "label.columns": "列",
    "label.target_column": "予測する列",
    "label.metric": "評価指標",
    "label.target": "目標値",
    "label.kill": "中止ライン",
    "label.today": "現状の値",
    "label.minimum_ratio": "多層化の採用基準(倍)",
    "label.cost_of_miss": "見逃し1件の費用",
    "label.cost_of_false_alarm": "過検出1件の費用",
    "label.units_per_year": "年間の判定数",
    "label.project_cost_simple": "導入費用:単純なモデル",
    "label.project_cost_shallow": "導入費用:浅いネットワーク",
    "label.project_cost_deep": "導入費用:深いネットワーク",
    "label.split": "行の分け方",
    "label.folds": "分割数",
    "label.seeds": "初期値の数",
    "label.seed": "乱数の種",
    "label.stage_reached": "到達した段階",
    "split.chance": "無作為",
    "split.group": "グループ別",
    "split.time": "時間順",
    "stage.screen": "予備評価",
    "stage.compare": "比較",
    "stage.confirm": "確認",
    "overview.title": "全PoC一覧",
    "overview.order": "年間効果額の下限が大きい順に並べています。",
    "overview.nothing": "完了した評価はまだありません。",
    "overview.poc": "PoC",
    "overview.verdict": "判定",
    "overview.confidence": "確かさ",
    "overview.saving": "年間効果額",
    "overview.payback": "投資回収期間(年)",
    "overview.reached": "到達値",
    "overview.until": "データの最終日",
    "overview.age": "{days}日前",
    "overview.made_on": "評価日{day}",
    "overview.made": "評価日",
    "overview.rows": "行数",
    "overview.history": "評価の推移",
    "confidence.confirmed": "未使用データ{untouched_rows}行で再確認(区間は{level})",
    "confidence.folds": "データの{folds}分割で評価、未使用データでは未確認",
    "confidence.open": "未決着",
    "link.prefect": "Prefectの実行画面",
    "link.mlflow": "MLflowの記録",
    "link.curves": "MLflowのグラフ",
    "link.charter": "計画書",
}
