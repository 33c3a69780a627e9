// The few SVG shapes that the plots are drawn with, and colours that follow the reader's light or dark page.

const style = `
  text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2933; }
  .title { font-size: 15px; font-weight: 600; }
  .soft { fill: #616e7c; }
  .strong { font-weight: 600; }
  .card { fill: #ffffff; stroke: #e4e7eb; }
  .grid { stroke: #e4e7eb; stroke-width: 1; }
  .axis { stroke: #7b8794; stroke-width: 1; }
  .one { stroke: #7b8794; stroke-width: 1; stroke-dasharray: 3 3; }
  .whisker { stroke: #1f2933; stroke-width: 1; opacity: 0.7; }
  .ours { fill: #0f9b8e; }
  .theirs { fill: #8a94a6; }
  .raw { fill: #d9a441; }
  .older { opacity: 0.55; }
  .line { fill: none; stroke-width: 2; }
  .s0 { stroke: #0f9b8e; fill: #0f9b8e; }
  .s1 { stroke: #d9822b; fill: #d9822b; }
  .s2 { stroke: #c23030; fill: #c23030; }
  .s3 { stroke: #5c6bc0; fill: #5c6bc0; }
  .line.s0, .line.s1, .line.s2, .line.s3 { fill: none; }
  .dashed { stroke-dasharray: 5 4; opacity: 0.75; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7eb; }
    .soft { fill: #9aa5b1; }
    .card { fill: #161b22; stroke: #30363d; }
    .grid { stroke: #30363d; }
    .whisker { stroke: #e4e7eb; }
    .theirs { fill: #6e7a8d; }
  }`;

/** A whole drawing. */
export function svg(title: string, width: number, height: number, shapes: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"><title>${escaped(title)}</title><style>${style}
</style>
<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${shapes.join("\n")}
</svg>
`;
}

export function text(x: number, y: number, content: string, className = "", anchor = "start"): string {
  return `<text x="${at(x)}" y="${at(y)}" class="${className}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" class="${className}"/>`;
}

export function rectangle(x: number, y: number, width: number, height: number, className: string): string {
  return `<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" rx="1.5" class="${className}"/>`;
}

export function circle(x: number, y: number, radius: number, className: string): string {
  return `<circle cx="${at(x)}" cy="${at(y)}" r="${radius}" class="${className}"/>`;
}

export function polyline(points: readonly (readonly [number, number])[], className: string): string {
  return `<polyline points="${points.map(([x, y]) => `${at(x)},${at(y)}`).join(" ")}" class="${className}"/>`;
}

function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
