// Versions, machine and knobs, as the head of the report.
export function reportRun({
  title = 'Throughput',
  date,
  node,
  redis,
  packages,
  machine,
  rounds,
  scale,
  tests,
  peerSettings,
}) {
  const libraries = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [
    `# ${title}, ${date}`,
    '',
    `- Versions: node ${node}, redis ${redis}, ${libraries.join(', ')}`,
    `- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.system}, load at start ${machine.loadAtStart.toFixed(2)}`,
    `- Knobs: rounds ${rounds}, scale ${scale}, payload {i, text: 100 characters}, loopback TCP, no persistence`,
    ...Object.entries(peerSettings).map(
      ([peer, settings]) => `- Settings of ${peer}: ${JSON.stringify(settings)}`,
    ),
    ...tests.map(({ name, ...test }) => `- ${name}: ${JSON.stringify(test)}`),
  ].join('\n');
}
