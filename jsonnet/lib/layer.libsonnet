// Turns plain data into an object that deepens another one: `base + layer({ a: { b: 1 } })` changes `a.b`
// and nothing else, and what base derives from `a.b` follows.
local layer(patch) = std.foldl(
  function(result, key) result + (
    if std.isObject(patch[key]) then { [key]+: layer(patch[key]) } else { [key]: patch[key] }
  ),
  std.objectFields(patch),
  {}
);

layer
