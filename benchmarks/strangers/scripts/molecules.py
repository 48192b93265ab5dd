"""Write small molecules with their solubility as RDKit estimates it, to `molecules.csv`."""

from itertools import product
from pathlib import Path

from rdkit import Chem
from rdkit.Chem.Crippen import MolLogP

ends = ["C", "CC", "O", "N", "F", "Cl", "C(=O)O", "C#N", "OC", "C(F)(F)F"]
rings = ["c1ccc({})cc1{}", "C1CCC({})CC1{}", "c1cnc({})cc1{}", "C(C{})CC{}", "c1ccc2cc({})ccc2c1{}", "C(=O)(N{})C{}"]
smiles = sorted({ring.format(a, b) for ring, a, b in product(rings, ends, ends)})
rows = [f"{each},{MolLogP(Chem.MolFromSmiles(each)):.4f}" for each in smiles if Chem.MolFromSmiles(each)]
Path("molecules.csv").write_text("\n".join(["smiles,logp", *rows]) + "\n")
