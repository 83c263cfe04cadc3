import { catalog, metricsOf } from '../catalog.mjs';
import { checkTargets } from './check-targets.mjs';
import { formatNumber, formatRange } from './format-number.mjs';
import { markdownTable } from './markdown-table.mjs';

// The tables of a run, as markdown.
export function report({ tests, peers, rounds }, summary) {
  const baseline = peers.includes('bullmq') ? 'bullmq' : peers[0];
  const sections = [
    [
      `Medians of ${rounds} rounds`,
      [...peers, 'targets of stepwell'],
      (test) => [...cells(test, medians), targetsOf(test)],
    ],
    [
      `Median of the rounds' own ratios to ${baseline} (lowest–highest)`,
      peers,
      (test) => cells(test, ratios),
    ],
    ['CPU µs per job: node + redis', peers, (test) => cells(test, cpu)],
    ['Lowest–highest round', peers, (test) => cells(test, ranges)],
  ];
  return sections
    .map(([title, columns, row]) => {
      const rows = tests.map((test) => [test, ...row(test)]);
      return `## ${title}\n\n${markdownTable(['test', ...columns], rows)}`;
    })
    .join('\n\n');

  function cells(test, cell) {
    return peers.map((peer) => cell(test, peer, metricsOf[catalog[test].kind]));
  }

  function medians(test, peer, metrics) {
    const figures = metrics.map(({ key }) => formatNumber(summary.median(test, peer, key)));
    const labels = metrics.map(({ label }) => label);
    return `${figures.join(' / ')} ${labels.join(' / ')}`;
  }

  function ratios(test, peer, metrics) {
    const each = metrics.map(({ key }) => {
      const ratio = summary.pairedRatio(test, peer, baseline, key);
      return `${formatNumber(ratio.median)}× (${formatRange(ratio)})`;
    });
    return each.join(' / ');
  }

  function cpu(test, peer) {
    const [node, redis] = ['nodeUsPerJob', 'redisUsPerJob'].map((key) => summary.median(test, peer, key));
    return Number.isFinite(node) ? `${formatNumber(node)} + ${formatNumber(redis)}` : '–';
  }

  function ranges(test, peer, metrics) {
    return metrics.map(({ key }) => formatRange(summary.range(test, peer, key))).join(' / ');
  }

  function targetsOf(test) {
    return checkTargets(summary, test, peers).map(targetText).join('; ') || '–';
  }
}

function targetText({ metric, against, atLeast, atMost, ratio, reached }) {
  const wanted = atLeast === undefined ? `≤ ${atMost}×` : `≥ ${atLeast}×`;
  const figure = metric.endsWith('Ms') ? `${metric.slice(0, -2)} ` : '';
  return `${figure}${wanted} ${against}: ${formatNumber(ratio)}× ${reached ? 'reached' : 'MISSED'}`;
}
