// Written so that any old Node can read it and say why it will not do.
var numbers = process.versions.node.split(".").map(Number);
if (numbers[0] < 20 || (numbers[0] === 20 && numbers[1] < 9)) {
  process.stderr.write(
    "error: convoy needs Node.js 20.9 or newer; this is " + process.version + ".\n\nhint: https://nodejs.org/en/download\n",
  );
  process.exitCode = 3;
} else {
  void import("./launch.mjs");
}
