export { parseWorkAgentConfig, WORK_AGENT_COMMAND, type WorkAgentConfig } from './options.ts'
export { hubHashOf, WorkAgent, type WorkAgentComponents, type WorkAgentOptions } from './work-agent.ts'
