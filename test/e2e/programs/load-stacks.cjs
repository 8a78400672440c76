// Prints the stack of a module that is not there, of one that throws, and of one that is evaluated.
for (const file of ['./nothere.cjs', './throws-at-once.cjs']) {
  try {
    require(file);
  } catch ({ message, stack }) {
    console.log(stack.slice(stack.indexOf(message)));
  }
}
