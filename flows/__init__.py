"""flows: a row of data walks from a plant's file to a manager's signature.

The map, one line a stage, in the data's order:
    charter         the question, the promise and the price, fixed first
    choices         what the fields of the form let a person choose from
    forms           what a person sees of a form: titles, the data sets to choose from
    settings        folders, ports and addresses of this installation
    errors          what is refused, in one sentence each
    places          a folder of this machine, or a prefix of an object store
    whole_files     written beside, then renamed: whole or not at all
    sources         a plant's files and queries -> Table
    lake            Table -> checked rows -> Parquet data set, versioned by content
    quality         findings: per column, against the target, in the order of the rows
    features        rows -> numbers a network can take, every number traced to its columns
    steps           the stages screen, compare, confirm, deliver: arrays in, one record out
    tracking        Comparison -> MLflow
    report          Comparison + Verdict -> one page, English or Japanese
    tasks           every Prefect task in one table
    dask_cluster    tasks on a Dask cluster, an extra
    runners         where tasks run: this machine's cores, or the cluster
    approval        the gate between stages: a person decides
    task_times      where the time of a run went
    new_rows        what new rows set off: forms offer them, evaluations begin
    progress        how far a run is, and how long still
    ingest          flow "Ingest data"
    evaluate        flow "Evaluate PoC"
    inspect_file    flow "Inspect a file"
    theory_benchmark  flow "Theory benchmark"
    operations      up, down, status, deployments, doctor
    demo_plant      a stamping press with known truth
    cli             depthcase, the command
"""
