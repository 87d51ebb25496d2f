import type { LayerStack } from "../layer-stack.ts";
import type { architectureNames } from "../schema.ts";
import { googlenet } from "./googlenet.ts";
import { inceptionV3 } from "./inception-v3.ts";
import { resnet } from "./resnet.ts";
import { alexnet, convnet, lenet5, vgg } from "./sequential.ts";

export type ArchitectureName = (typeof architectureNames)[number];

/** Puts a published network on a stack. `top`: with its own dense layers or pool between the features and the head. */
export const architectures: Record<ArchitectureName, (stack: LayerStack, top: boolean) => void> = {
  convnet,
  lenet5,
  alexnet,
  vgg16: (stack, top) => vgg(stack, top, [2, 2, 3, 3, 3]),
  vgg19: (stack, top) => vgg(stack, top, [2, 2, 4, 4, 4]),
  googlenet,
  inceptionv3: inceptionV3,
  resnet18: (stack, top) => resnet(stack, top, { blocks: [2, 2, 2, 2], bottleneck: false }),
  resnet34: (stack, top) => resnet(stack, top, { blocks: [3, 4, 6, 3], bottleneck: false }),
  resnet50: (stack, top) => resnet(stack, top, { blocks: [3, 4, 6, 3], bottleneck: true }),
};
