// Memory outside the JavaScript heap, as a WebAssembly module takes it.
const kept = [];
setInterval(() => {
  if (kept.length < 40) kept.push(Buffer.alloc(32 * 1024 * 1024, 1));
}, 5);
