// What colours mean, once: green is well, orange wants attention, red wants it now.
local colours = { critical: 'red', warning: 'orange', info: 'blue', none: 'text' };

// [value, severity] of an alert's thresholds, lowest first.
local steps(thresholds) = std.sort(
  [
    [thresholds[severity], severity]
    for severity in std.objectFields(thresholds)
    if thresholds[severity] != null
  ],
  function(step) step[0]
);

local ladder(base, rest) = {
  mode: 'absolute',
  steps: [{ color: base, value: null }] + [{ color: step[1], value: step[0] } for step in rest],
};

{
  none:: ladder('text', []),

  // Lines on a graph, each in its severity's colour; one at zero would hide the axis.
  lines(thresholds):: ladder('transparent', [[step[0], colours[step[1]]] for step in steps(thresholds) if step[0] != 0]),

  // Fields that colour a value: green where no alert would fire.
  fields(thresholds, bad='above')::
    local list = steps(thresholds);
    local severities = [colours[step[1]] for step in list];
    if list == [] then ladder('green', [])
    else if bad == 'above' then ladder('green', [[step[0], colours[step[1]]] for step in list])
    else ladder(severities[0], [
      [list[i][0], if i + 1 < std.length(list) then severities[i + 1] else 'green']
      for i in std.range(0, std.length(list) - 1)
    ]),

  // Red until complete.
  complete(value):: ladder('red', [[value, 'green']]),

  // Texts and colours for values, from [{ value, text, colour }].
  mappings(list):: [{
    type: 'value',
    options: {
      [std.toString(list[i].value)]: { index: i, text: list[i].text, color: list[i].colour }
      for i in std.range(0, std.length(list) - 1)
    },
  }],

  fixed(colour):: { mode: 'fixed', fixedColor: colour },
}
