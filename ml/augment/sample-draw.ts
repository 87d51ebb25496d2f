import { randomStream, type Random } from "../random.ts";
import { noiseStarts } from "./noise-table.ts";
import { sampleAffine, sampleFactor, within, type Affine } from "./sample-affine.ts";
import { sampleBeta } from "./sample-beta.ts";
import { sampleWindow, type Window } from "./sample-window.ts";
import type { AugmentParameters, Augmentation } from "./schema.ts";

/** Everything drawn for one image in one epoch. */
export interface Draw {
  affine: Affine;
  /** In stored integers. */
  channelShift: number;
  brightness: number;
  contrast: number;
  saturation: number;
  /** Share of the color circle. */
  hue: number;
  /** First value of the noise table that is taken. */
  noiseStart: number;
  cutout: Window;
  /** In [0, 1): which of the training images is mixed in. */
  partner: number;
  mix: Mix;
}

/** How an image is mixed with its partner; both shares are 1 where it is not. */
export interface Mix {
  /** Of the own label in the loss. */
  labelShare: number;
  /** Of the own pixels outside the window; within it all are the partner's. */
  pixelShare: number;
  window: Window;
}

interface Size {
  height: number;
  width: number;
}

/**
 * Draws what happens to one image in one epoch, from (seed, epoch, sample id): neither batch, order, worker nor a retry changes it, nor for one
 * kind whether others are switched on. What takes a varying count of numbers comes last.
 */
export function sampleDraw({ parameters, seed }: Augmentation, epoch: number, id: string, size: Size): Draw {
  const random = randomStream(seed, "augment", epoch, id);
  const { channelShift = 0, brightness, contrast, saturation, hue = 0, cutout = 0 } = parameters;
  return {
    affine: sampleAffine(parameters, size, random),
    channelShift: within(-channelShift, channelShift, random),
    brightness: sampleFactor(brightness, random),
    contrast: sampleFactor(contrast, random),
    saturation: sampleFactor(saturation, random),
    hue: within(-hue, hue, random),
    noiseStart: Math.floor(random() * noiseStarts),
    cutout: sampleWindow(cutout, size, random),
    partner: random(),
    mix: sampleMix(parameters, size, random),
  };
}

/** @see Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization"; Yun et al. 2019, "CutMix" */
function sampleMix({ mixUp, cutMix }: AugmentParameters, size: Size, random: Random): Mix {
  const cuts = random() < 0.5 ? cutMix !== undefined : mixUp === undefined;
  const alpha = (cuts ? cutMix : mixUp) ?? 1;
  const share = sampleBeta(alpha, random);
  if (!cuts || cutMix === undefined) return { labelShare: share, pixelShare: share, window: nowhere };
  const window = sampleWindow(Math.sqrt(1 - share), size, random);
  const pasted = (window.bottom - window.top) * (window.right - window.left);
  return { labelShare: 1 - pasted / (size.height * size.width), pixelShare: 1, window };
}

const nowhere: Window = { top: 0, left: 0, bottom: 0, right: 0 };
