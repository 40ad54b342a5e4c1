// Durations are kept as seconds and become text in one place, so that one factor scales them all.
local units = [
  ['d', 86400000],
  ['h', 3600000],
  ['m', 60000],
  ['s', 1000],
  ['ms', 1],
];

// Whole milliseconds of `seconds` under the time scale: a rule that waits 5 m waits 5 s at scale 60.
local milliseconds(config, seconds) =
  if std.isNumber(seconds) && seconds > 0
  then std.ceil(seconds * 1000 / config.timeScale)
  else error 'A duration is a number of seconds above 0, such as 5 * 60, not ' + std.manifestJsonMinified(seconds) + '.';

{
  // '5m' of 300, '90s' of 90, '250ms' of 0.25: the largest unit that divides it without a rest.
  text(config, seconds)::
    local total = milliseconds(config, seconds);
    local unit = [unit for unit in units if total % unit[1] == 0][0];
    total / unit[1] + unit[0],

  // Seconds after scaling, for what counts in numbers (a growth per day, a check of ages).
  scaled(config, seconds):: milliseconds(config, seconds) / 1000,

  // A window over which a rate is sure to see several samples: at least four scrapes.
  window(config, seconds):: self.text(config, std.max(seconds, 4 * config.scrapeInterval)),
}
