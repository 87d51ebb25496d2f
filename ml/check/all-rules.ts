import type { Rule } from "./rule.ts";
import { blurryImages } from "./rules/blurry-images.ts";
import { brightImages } from "./rules/bright-images.ts";
import { categoryDrift } from "./rules/category-drift.ts";
import { classImbalance } from "./rules/class-imbalance.ts";
import { classSize } from "./rules/class-size.ts";
import { columnDrift } from "./rules/column-drift.ts";
import { columnTypes } from "./rules/column-types.ts";
import { columnValues } from "./rules/column-values.ts";
import { constantImages } from "./rules/constant-images.ts";
import { contradictingGroups } from "./rules/contradicting-groups.ts";
import { contradictingLabels } from "./rules/contradicting-labels.ts";
import { contradictingLookAlikes } from "./rules/contradicting-look-alikes.ts";
import { darkImages } from "./rules/dark-images.ts";
import { domainDrift } from "./rules/domain-drift.ts";
import { duplicatesAcrossParts } from "./rules/duplicates-across-parts.ts";
import { emptyClass } from "./rules/empty-class.ts";
import { exactDuplicates } from "./rules/exact-duplicates.ts";
import { filesWithoutRow } from "./rules/files-without-row.ts";
import { greyInColor } from "./rules/grey-in-color.ts";
import { groupsAcrossParts } from "./rules/groups-across-parts.ts";
import { hiddenMissingValues } from "./rules/hidden-missing-values.ts";
import { imageDrift } from "./rules/image-drift.ts";
import { labelNoise } from "./rules/label-noise.ts";
import { labelDrift } from "./rules/label-drift.ts";
import { lookAlikesAcrossParts } from "./rules/look-alikes-across-parts.ts";
import { lowInformation } from "./rules/low-information.ts";
import { misnamedFiles } from "./rules/misnamed-files.ts";
import { missingLabels } from "./rules/missing-labels.ts";
import { missingValues } from "./rules/missing-values.ts";
import { nearDuplicates } from "./rules/near-duplicates.ts";
import { newClasses } from "./rules/new-classes.ts";
import { oddAspect } from "./rules/odd-aspect.ts";
import { oddSize } from "./rules/odd-size.ts";
import { orderDependence } from "./rules/order-dependence.ts";
import { outliers } from "./rules/outliers.ts";
import { partSize } from "./rules/part-size.ts";
import { predictiveIdentifier } from "./rules/predictive-identifier.ts";
import { rowsWithoutFile } from "./rules/rows-without-file.ts";
import { similarClasses } from "./rules/similar-classes.ts";
import { singleClass } from "./rules/single-class.ts";
import { spuriousCorrelation } from "./rules/spurious-correlation.ts";
import { turnedImages } from "./rules/turned-images.ts";
import { uniqueValues } from "./rules/unique-values.ts";
import { unreadableFiles } from "./rules/unreadable-files.ts";
import { unusedGroups } from "./rules/unused-groups.ts";

/** Every rule, in the order in which reports show them. */
export const allRules: readonly Rule[] = [
  unreadableFiles,
  misnamedFiles,
  rowsWithoutFile,
  filesWithoutRow,
  columnTypes,
  columnValues,
  uniqueValues,
  missingLabels,
  emptyClass,
  singleClass,
  similarClasses,
  classSize,
  classImbalance,
  exactDuplicates,
  contradictingLabels,
  nearDuplicates,
  contradictingLookAlikes,
  duplicatesAcrossParts,
  lookAlikesAcrossParts,
  groupsAcrossParts,
  contradictingGroups,
  missingValues,
  hiddenMissingValues,
  unusedGroups,
  constantImages,
  greyInColor,
  turnedImages,
  oddSize,
  oddAspect,
  darkImages,
  brightImages,
  lowInformation,
  blurryImages,
  outliers,
  orderDependence,
  spuriousCorrelation,
  predictiveIdentifier,
  labelDrift,
  partSize,
  newClasses,
  columnDrift,
  categoryDrift,
  imageDrift,
  domainDrift,
  labelNoise,
];
