// A number as PromQL text. The only spelling that is exact and equal in every Jsonnet engine.
function(value) std.manifestJsonMinified(value)
