// A real small net on real digits: 64 pixels, 32 ReLU units, 10 classes, 2,410 weights in one vector.
"use strict";

/**
 * The vector holds the first layer unit by unit, its biases, the second layer class by class, its biases. The loss is the
 * mean cross-entropy of a batch, drawn anew from the shuffled digits until each was seen (an epoch).
 */
Playground.network = (() => {
  const [pixels, units, classes] = [64, 32, 10];
  const biases = pixels * units;
  const second = biases + units;
  const last = second + units * classes;
  const size = last + classes;
  const text = Playground.digits.rows.replaceAll("\n", "");
  const count = text.length / (pixels + 1);
  const trained = Playground.digits.trained;
  const labels = new Uint8Array(count);
  const images = new Float64Array(count * pixels);
  for (let digit = 0; digit < count; digit += 1) {
    const first = digit * (pixels + 1);
    labels[digit] = Number(text[first]);
    for (let pixel = 0; pixel < pixels; pixel += 1) images[digit * pixels + pixel] = parseInt(text[first + 1 + pixel], 17) / 16;
  }
  const heldOut = Array.from({ length: count - trained }, (_, place) => trained + place);

  /** First weights: normal, sd √(2/64) and √(1/32), biases 0 (He et al. 2015). */
  const start = (seed) => {
    const draw = Playground.random(seed, 7);
    const weights = new Float64Array(size);
    for (let place = 0; place < biases; place += 1) weights[place] = draw.normal() * Math.sqrt(2 / pixels);
    for (let place = second; place < last; place += 1) weights[place] = draw.normal() * Math.sqrt(1 / units);
    return weights;
  };

  const hidden = new Float64Array(units);
  const scores = new Float64Array(classes);

  /** Fill `hidden` and `scores` for one digit. */
  const forward = (weights, digit) => {
    for (let unit = 0; unit < units; unit += 1) {
      let sum = weights[biases + unit];
      for (let pixel = 0; pixel < pixels; pixel += 1) sum += weights[unit * pixels + pixel] * images[digit * pixels + pixel];
      hidden[unit] = sum < 0 ? 0 : sum; // and NaN stays NaN
    }
    for (let kind = 0; kind < classes; kind += 1) {
      let sum = weights[last + kind];
      for (let unit = 0; unit < units; unit += 1) sum += weights[second + kind * units + unit] * hidden[unit];
      scores[kind] = sum;
    }
  };

  /** Turn `scores` into shares, and give the loss of the digit. */
  const shared = (label) => {
    const top = Math.max(...scores);
    const right = scores[label];
    let sum = 0;
    for (let kind = 0; kind < classes; kind += 1) sum += scores[kind] = Math.exp(scores[kind] - top);
    for (let kind = 0; kind < classes; kind += 1) scores[kind] /= sum;
    return Math.log(sum) + top - right;
  };

  /** Mean loss of a batch and its gradient. */
  const learned = (weights, batch) => {
    const slope = new Float64Array(size);
    let loss = 0;
    for (const digit of batch) {
      forward(weights, digit);
      loss += shared(labels[digit]);
      scores[labels[digit]] -= 1;
      for (let kind = 0; kind < classes; kind += 1) {
        const error = scores[kind] / batch.length;
        slope[last + kind] += error;
        for (let unit = 0; unit < units; unit += 1) slope[second + kind * units + unit] += error * hidden[unit];
      }
      for (let unit = 0; unit < units; unit += 1) {
        if (!(hidden[unit] > 0) && !Number.isNaN(hidden[unit])) continue;
        let error = 0;
        for (let kind = 0; kind < classes; kind += 1) {
          error += (scores[kind] / batch.length) * weights[second + kind * units + unit];
        }
        slope[biases + unit] += error;
        for (let pixel = 0; pixel < pixels; pixel += 1) slope[unit * pixels + pixel] += error * images[digit * pixels + pixel];
      }
    }
    return { loss: loss / batch.length, slope };
  };

  /** What the net says of digits: mean loss, share that is right, and each answer. */
  const judged = (weights, digits = heldOut) => {
    let loss = 0;
    const answers = digits.map((digit) => {
      forward(weights, digit);
      loss += shared(labels[digit]);
      return scores.indexOf(Math.max(...scores));
    });
    const right = answers.filter((answer, place) => answer === labels[digits[place]]).length;
    return { loss: loss / digits.length, accuracy: right / digits.length, answers };
  };

  /** Batches without end: epochs of the digits in drawn orders. */
  const batches = (seed, wanted) => {
    const draw = Playground.random(seed, 11);
    let order = [];
    return () => {
      const batch = [];
      while (batch.length < wanted) {
        if (!order.length) order = Playground.shuffled(trained, draw);
        batch.push(order.pop());
      }
      return batch;
    };
  };

  return { pixels, units, size, classes: Math.log(classes), images, labels, heldOut, start, learned, judged, batches, rate: 0.2 };
})();
