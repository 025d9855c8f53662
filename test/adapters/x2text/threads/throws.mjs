setTimeout(() => {
  throw new Error("past every await");
}, 1);
