/** What a simulation must have come across to be worth anything. */
export const SIGHTS: readonly string[] = [
  ...['answer ok', 'answer stale', 'answer missing', 'answer not-active', 'answer unknown', 'answer added'],
  ...['answer known', 'answer lost', 'answer came late', 'jobs came late', 'starts were limited'],
  ...['commit repeated', 'commit outdated', 'commit refused', 'addJobs repeated', 'addJobs outdated'],
  ...['addPlain repeated', 'addPlain outdated', 'addPlain refused'],
  ...[
    'addJobs refused',
    'renewLocks refused',
    'cleanJobs repeated',
    'removeJob repeated',
    'retryJob repeated',
  ],
  ...['answer deduplicated', 'removeDedupKey repeated', 'getDedupOwner', 'owner replaced', 'newest kept'],
  ...['kept job added', 'kept job added under a number', 'ttl begun anew', 'ttl over', 'key swept up'],
  ...['gave way', 'gave way to a finished job'],
  ...['grace', 'server frozen'],
  ...['job taken back', 'job stalled too often', 'drainQueue', 'promoteJobs', 'retryJobs', 'changePriority'],
];

/** Those that only many steps come to. */
export const RARE_SIGHTS: readonly string[] = ['addPlain outdated'];
