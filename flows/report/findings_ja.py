"""Japanese of what the data checks say, by the keys of flows.quality.sentences; {names} are facts of the finding."""

UNITS = {"days": "日", "hours": "時間", "minutes": "分", "s": "秒"}

EVIDENCE = {
    "group": "「{column}」は行のグループを示す列です。",
    "unit": "「{column}」は行のユニットを示す列です。",
    "look_alike.column": "「{column}」は画像に写っている表面の箇所を示す列です。",
    "time": "「{column}」は記録した時刻で、測定値ではありません。",
    "file_name": "「{column}」はファイル名またはシート名から付いた列です。",
    "derived": "「{column}」は各個体の終わりから逆算した列です。",
    "identifier.texts": "「{column}」には{rows}行に{distinct}通りの文字列があり、行に付けた名前です。",
    "identifier.numbers": "「{column}」には{rows}個の整数が重複も大きな抜けもなく並び、行の通し番号です。",
    "identifier.steps": "「{column}」は行ごとに{change}ずつ変わる通し番号です。",
    "group_number": "「{column}」は同じ値が続き、ときどき一つ増えます({times}回)。グループの番号です。",
    "stands_for_target": (
        "「{column}」が{value}の{rows}行のうち{hits}行が、全体では{base_share}にすぎない一つの分類に属します。"
    ),
    "written_afterwards.empty": (
        "「{column}」は、ある分類では{inside_share}の行で空欄ですが、ほかの分類では{outside_share}です。"
        "結果が出た後に記入された列とみられます。"
    ),
    "written_afterwards.value": (
        "「{column}」は、ある分類では{inside_share}の行で値が{value}ですが、ほかの分類では{outside_share}です。"
        "結果が出た後に記入された列とみられます。"
    ),
    "copy_of_target": "「{column}」だけで、学習に使わない行のR²が{score}になります。答えを別の形で書いた列です。",
    "strong_alone": "「{column}」だけで、学習に使わない行のAUCが{score}になります。",
    "beside_marks": (
        "「{column}」は、まれにしか付かない{marks}個の目印の並びにあり、そのうち{leaks}個が答えを漏らしています"
        "({names})。"
    ),
    "mark_of_change": (
        "「{column}」の目印は{rows}行に付き、そのうち{hits}行は答えが切り替わる前後三行以内です(全行では{base_share})。"
    ),
    "sum_of_columns": "「{target}」は他の列の加重和として計算できます(学習に使わない行のR²は{score})。",
    "newest_rows_only": "データセットの{stored}行のうち、新しい方の{rows}行だけを使います。",
    "rows_without_target": "{rows}行のうち{unlabelled}行には「{column}」の値がありません。",
    "duplicate_rows": "{rows}行のうち{copies}行は、入力も答えもそれより前の行と同じです。",
    "empty_column": "「{column}」は{rows}行すべてで空欄です。",
    "constant_column": "「{column}」はすべての行で{value}です。",
    "many_missing": "「{column}」は{rows}行のうち{missing}行で空欄です。",
    "order_tells_target.table.AUC": "表の中の行の位置だけで、学習に使わない行のAUCが{score}になります。",
    "order_tells_target.table.R2": "表の中の行の位置だけで、学習に使わない行のR²が{score}になります。",
    "order_tells_target.group.AUC": (
        "ファイルまたはグループの中の行の位置だけで、学習に使わない行のAUCが{score}になります。"
    ),
    "order_tells_target.group.R2": (
        "ファイルまたはグループの中の行の位置だけで、学習に使わない行のR²が{score}になります。"
    ),
    "neighbours_alike": "隣り合う行の答えが似ています(相関係数{score})。",
    "groups_cross_folds": "「{column}」には{groups}個のグループがあり、分割は無作為です。",
    "look_alike.pictures": "{rows}枚のうち{shared}枚の画像は、別の画像と同じ表面の箇所を写しています。",
    "drift": "最初の三分の一の行と最後の三分の一の行で、{columns}列の分布が異なります:{names}。",
    "rare_class": "一つの分類が全行の{largest_share}を占めます。常にそれと答えるだけで、この正解率になります。",
    "no_good_class": "「{column}」の{classes}分類({names})に、良品または正常を表すものがありません。",
    "same_rows_in_sheets": "複数のシートに同じ行があります。",
    "clock_goes_back": "「{column}」の時刻が{times}回戻り、最も大きいところで{longest}{longest_unit}戻ります。",
    "clock_stands_still": "「{column}」は、隣り合う{steps}組の行のうち{repeated}組で同じ時刻です。",
    "clock_has_gaps": (
        "「{column}」に抜けが{gaps}か所あり、最長は{longest}{longest_unit}です(通常の間隔は{usual}{usual_unit})。"
    ),
}

REMEDIES = {
    "left_out_unless": (
        "入力から外しました。答えが出る前に分かる値であれば、計画書の「疑わしくても使う列」に加えてください。"
    ),
    "left_out_or_split": (
        "入力から外しました。答えが出る前に分かる値であれば、計画書の「疑わしくても使う列」に加えてください。"
        "行を分割する列の候補です。"
    ),
    "may_split": "入力から外しました。分割に使う列かもしれません。",
    "splits_only": "行の分割だけに使います。",
    "orders_rows": "行の並べ替えと分割に使い、入力にはしません。",
    "used_if_before": "入力に使います。答えが出る前に測定した値かどうかを確認してください。",
    "leave_out_parts": "合計と同時にしか分からない列は外してください。",
    "set_in_charter": "計画書の「新しい行だけ」の指定によるものです。",
    "rows_not_used": "その行は使いません。",
    "one_fold": "同じ行は同じ分割に入れる必要があります。",
    "count_twice": "同じ行は二重に数えられます。",
    "left_out": "入力から外しました。",
    "median_and_mark": "空欄は学習用の行の中央値で埋め、空欄だったことを別の列に残します。",
    "no_row_numbers": "行番号、経過時間、時刻は入力にせず、グループ別または時間順に分割してください。",
    "chance_flatters": (
        "無作為に分割すると隣の行が学習と評価に分かれ、結果が実際より良く見えます。"
        "グループ別または時間順に分割してください。"
    ),
    "split_by_this": "同じグループの行が学習と評価に分かれ、結果が実際より良く見えます。この列で分割してください。",
    "split_by_time": "前の行で学習したモデルは後の行で外れることがあります。時間順に分割すると分かります。",
    "other_metric": "正解率ではなく、AUC、平均適合率、F1値のいずれかで判断してください。",
    "tells_kinds_apart": (
        "判定が示すのは種類を見分ける精度であり、良否ではありません。見逃しと過検出に当たるものがなく、費用は使いません。"
        "良品も判定する場合は、良品の行を一つの分類として加えてください。"
    ),
    "one_sheet": "そのうち一枚のシートだけを使います。",
    "time_with_care": (
        "行の順序の乱れ、ファイルの重なり、時計の修正が考えられます。時間順に分割するときは注意してください。"
    ),
    "share_a_time": "複数の行が同じ時刻を持っています。",
    "gap_is_border": "この列を時間の列に指定すると、時間窓や過去の値は抜けをまたぎません。",
}
