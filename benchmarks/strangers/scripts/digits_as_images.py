"""Write scikit-learn's digits as PNG files: `images/` flat, `digits/{train,val}/<class>/` by class."""

from pathlib import Path

from PIL import Image
from sklearn.datasets import load_digits

digits = load_digits()
Path("images").mkdir()
for at, (image, label) in enumerate(zip(digits.images, digits.target)):
    picture = Image.fromarray((image * 15.9).astype("uint8"))
    folder = Path("digits", "val" if at % 5 == 0 else "train", str(label))
    folder.mkdir(parents=True, exist_ok=True)
    picture.resize((32, 32)).save(folder / f"{at}.png")
    if at < 200:
        picture.save(f"images/{at}.png")
