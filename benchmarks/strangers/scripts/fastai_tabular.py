import pandas as pd
from fastai.tabular.all import (
    Categorify,
    CategoryBlock,
    Normalize,
    TabularDataLoaders,
    accuracy,
    tabular_learner,
)
from sklearn.datasets import load_wine

wine = load_wine(as_frame=True)
df = pd.concat([wine.data.assign(target=wine.target.map(lambda each: f"class {each}"))] * 6, ignore_index=True)
names = list(wine.data.columns)
dls = TabularDataLoaders.from_df(
    df, procs=[Categorify, Normalize], cont_names=names, y_names="target", y_block=CategoryBlock(), bs=32
)
learn = tabular_learner(dls, metrics=accuracy, layers=[64, 32])
learn.fit_one_cycle(20, 1e-3)
