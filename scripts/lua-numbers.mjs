// A number that is handed to Redis is turned into text at each call, which takes Lua longer than many a command: those that the source
// names are texts in what is generated.

const CALL = /\bredis\.p?call\(/g;
const WHOLE = /^(\s*)(-?\d+)(\s*)$/;

/** Where each argument of a call begins and ends, its own parentheses, braces and texts skipped. */
function argumentsAt(lua, start) {
  const places = [];
  let [depth, from, quoted] = [0, start, false];
  for (let at = start; ; at += 1) {
    const sign = lua[at];
    if (sign === undefined) throw new Error(`a call of Redis does not end: ${lua.slice(start, start + 60)}`);
    if (quoted) {
      if (sign === '\\') at += 1;
      else if (sign === "'") quoted = false;
    } else if (sign === "'") {
      quoted = true;
    } else if ('({['.includes(sign)) {
      depth += 1;
    } else if (depth > 0) {
      if (')}]'.includes(sign)) depth -= 1;
    } else if (sign === ',' || sign === ')') {
      places.push([from, at]);
      if (sign === ')') return places;
      from = at + 1;
    }
  }
}

export function numbersAsTexts(lua) {
  let [text, done] = ['', 0];
  for (const { 0: call, index } of lua.matchAll(CALL)) {
    for (const [from, to] of argumentsAt(lua, index + call.length)) {
      const whole = WHOLE.exec(lua.slice(from, to));
      if (whole && from >= done) {
        text += `${lua.slice(done, from)}${whole[1]}'${whole[2]}'${whole[3]}`;
        done = to;
      }
    }
  }
  return text + lua.slice(done);
}
