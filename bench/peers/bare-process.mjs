// A process that does nothing: what Node itself weighs.
setInterval(() => undefined, 5_000);
process.send('ready');
