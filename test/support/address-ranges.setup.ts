/** How many clusters the files of one worker have at a time, at most. */
const CLUSTERS_OF_A_WORKER = 12

// Files that run at the same time are like people who share a machine: none takes the range of another's stopped cluster.
process.env.CLUSTER_PROXY_FIRST_RANGE ??= String(
  (Number(process.env.VITEST_POOL_ID) - 1) * CLUSTERS_OF_A_WORKER,
)
