// Places sections on Grafana's grid, 24 columns wide: a row, then its panels from left to right. The last
// panel of a line fills what is left, so that a panel left out leaves no hole.
local columns = 24;

local sum(numbers) = std.foldl(function(total, number) total + number, numbers, 0);

local lines(panels) = std.foldl(
  function(done, panel)
    local last = std.length(done) - 1;
    if last < 0 || sum([other.width for other in done[last]]) + panel.width > columns
    then done + [[panel]]
    else done[:last] + [done[last] + [panel]],
  panels,
  []
);

local placeLine(line, y) =
  local height = std.foldl(std.max, [panel.height for panel in line], 0);
  local left = [sum([line[j].width for j in std.range(0, i - 1)]) for i in std.range(0, std.length(line) - 1)];
  {
    bottom: y + height,
    panels: [
      line[i].panel {
        gridPos: {
          x: left[i],
          y: y,
          w: if i == std.length(line) - 1 then columns - left[i] else line[i].width,
          h: height,
        },
      }
      for i in std.range(0, std.length(line) - 1)
    ],
  };

local row(section, id, y) = {
  id: id,
  type: 'row',
  title: section.title,
  collapsed: false,
  gridPos: { x: 0, y: y, w: columns, h: 1 },
  panels: [],
};

{
  // [{ title, panels: [{ panel, width, height }] }] -> panels with positions, rows between them.
  // Rows are numbered after the panels, so that a new panel never takes a row's id.
  place(sections)::
    std.foldl(
      function(page, section) std.foldl(
        function(page, line)
          local placed = placeLine(line, page.y);
          { y: placed.bottom, rows: page.rows, panels: page.panels + placed.panels },
        lines(section.panels),
        {
          y: page.y + 1,
          rows: page.rows + 1,
          panels: page.panels + [row(section, 1000 + page.rows, page.y)],
        }
      ),
      [section for section in sections if section.panels != []],
      { y: 0, rows: 0, panels: [] }
    ).panels,
}
