#pragma once

#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>

/// Every default of the runtime, with unit and source, in one place.
namespace stanchion::defaults {

// -- restarts -----------------------------------------------------------------

/// Restarts of one run allowed in `restart_window`. Elixir allows 3 in 5 s,
/// which a short outage exhausts; a minute spans our own backoff.
inline constexpr std::uint32_t run_restarts = 3;
/// Restarts of one tool actor allowed in `restart_window`.
inline constexpr std::uint32_t tool_restarts = 5;
inline constexpr duration restart_window = 60s;
/// Restarts of a system actor, and of the root, in `system_restart_window`.
inline constexpr std::uint32_t system_restarts = 3;
inline constexpr duration system_restart_window = 5min;
/// First, factor and cap of the delay before a restart; full jitter (AWS
/// architecture blog, "Exponential Backoff And Jitter").
inline constexpr duration restart_backoff = 500ms;
inline constexpr double restart_backoff_factor = 2.0;
inline constexpr duration restart_backoff_cap = 60s;
/// Time a child has to start, and to stop before it is killed (Erlang/OTP's
/// worker shutdown).
inline constexpr duration start_deadline = 5s;
inline constexpr duration stop_deadline = 5s;
/// Exhausted runs of one agent in `restart_window` above which the agent is
/// stopped.
inline constexpr std::uint32_t agent_exhausted_runs = 5;

// -- calls --------------------------------------------------------------------

/// Time of one attempt at a tool.
inline constexpr duration attempt_timeout = 30s;
/// Attempts of one call, the first included.
inline constexpr std::uint32_t attempts = 3;
/// First, factor and cap of the delay between attempts; full jitter.
inline constexpr duration retry_backoff = 500ms;
inline constexpr double retry_backoff_factor = 2.0;
inline constexpr duration retry_backoff_cap = 60s;
/// What of a tool's calls may be retries: this share of its new calls, and
/// `retry_reserve` more, within `retry_window` (Finagle's RetryBudget).
inline constexpr double retry_share = 0.2;
inline constexpr std::uint32_t retry_reserve = 100;
inline constexpr duration retry_window = 10s;
/// How long a call waits for its turn under a rate limit, or for a place,
/// before it fails. A run can wait, but hours of waiting are for a person to
/// know of.
inline constexpr duration limit_wait = 5min;
/// When another copy of an attempt leaves, where that is wanted (Polly).
inline constexpr duration hedge_after = 2s;
/// New calls that may wait for a place where a tool's attempts are limited.
inline constexpr std::size_t limit_queue = 128;
/// Where such a limit adapts: what it is at first, what it is multiplied by at
/// a sign of overload, and how slow a success is one (Netflix,
/// concurrency-limits, AIMDLimit).
inline constexpr std::uint32_t aimd_initial = 10;
inline constexpr double aimd_shrink = 0.9;
inline constexpr duration aimd_slow = 5s;
/// Waits above this belong to the run and are durable; shorter ones stay in
/// the guard.
inline constexpr duration guard_wait_limit = 5s;
/// Consecutive failures that open a breaker.
inline constexpr std::uint32_t breaker_failures = 5;
/// Share of failures among at least `breaker_minimum_calls` within
/// `breaker_window` that opens one too. resilience4j's 50 %, over fewer calls:
/// tools are not called a hundred times a minute.
inline constexpr double breaker_failure_rate = 0.5;
inline constexpr std::uint32_t breaker_minimum_calls = 5;
inline constexpr duration breaker_window = 60s;
/// Share of slow calls that opens one, where it is said what is slow.
inline constexpr double breaker_slow_rate = 0.5;
/// How long a breaker stays open, doubling up to `breaker_open_cap`.
inline constexpr duration breaker_open = 10s;
inline constexpr duration breaker_open_cap = 5min;
/// Probes leased while half open; the breaker closes when all succeed.
inline constexpr std::uint32_t breaker_probes = 2;
/// How long a probe may hold its lease.
inline constexpr duration breaker_probe_lease = 30s;
/// Calls that wait while a tool's actor is down.
inline constexpr std::size_t stash = 128;
/// Abandoned pool workers of one tool at which it is isolated.
inline constexpr std::uint32_t abandoned_workers = 4;

// -- runs ---------------------------------------------------------------------

/// Process deaths, each alone under suspicion, after which a step is
/// quarantined.
inline constexpr std::uint32_t poison_deaths = 3;
/// How often a run tries the step again that it fails of, where it is to, and
/// the first and the longest wait before that: an outage of minutes is to be
/// outlived, one of hours is for a person to know of.
inline constexpr std::uint32_t step_reopenings = 3;
inline constexpr duration reopen_backoff = 30s;
inline constexpr duration reopen_backoff_cap = 10min;
/// When a run that is watched counts as stuck: calls in a row with the same
/// answer, with the same failure, back and forth between two (OpenHands'
/// StuckDetector), and between one and its inverse.
inline constexpr std::uint32_t stuck_repeats = 4;
inline constexpr std::uint32_t stuck_errors = 3;
inline constexpr std::uint32_t stuck_alternation = 6;
inline constexpr std::uint32_t stuck_undoing = 4;
/// How long a run must wait before its actor may be evicted from memory.
inline constexpr duration evict_after = 60s;
/// Percent of a limit at which a warning event is raised.
inline constexpr std::uint64_t budget_warning = 80;
/// Depth of children of children.
inline constexpr std::uint32_t child_depth = 16;
/// Times that an agent may have stood above a child of it already, with others
/// between: beyond, they hand the work round in a circle. Ours: a question back
/// and a second one are ordinary.
inline constexpr std::uint32_t agent_in_chain = 3;

// -- models -------------------------------------------------------------------

/// Time of one attempt, and time without a word of a streamed answer. Both
/// large providers' own clients give an answer 600 s; the second is ours: a
/// model that thinks says so, or sends comments, more often.
inline constexpr duration model_timeout = 600s;
inline constexpr duration model_idle_timeout = 60s;
/// Tokens that an answer is taken to have at most where nobody says: what is
/// set aside for it from a budget. Anthropic's models need a number; this one
/// is in their documentation's examples.
inline constexpr std::uint32_t model_answer_tokens = 4'096;

/// Turns of a model in one run of an LLM agent (OpenAI's Agents SDK stops at
/// 10, LangGraph at 25 steps), and its calls that are made at once.
inline constexpr std::uint32_t llm_turns = 25;
inline constexpr std::size_t llm_calls_at_once = 8;
/// Times that wrong calls are answered to a model, and that it is asked again
/// for an answer that fits (Instructor asks three times in all).
inline constexpr std::uint32_t llm_corrections = 3;
inline constexpr std::uint32_t llm_repairs = 2;
/// Bytes of a tool's result that a model is shown. Ours: some 20,000 tokens,
/// which every model of today can take beside its conversation.
inline constexpr std::size_t llm_result_bytes = std::size_t{64} << 10U;

// -- notifications ------------------------------------------------------------

/// After a message, how long what is like it is gathered for the next one
/// (Alertmanager's group_wait).
inline constexpr duration notification_window = 30s;
/// First, factor and cap of the delay before a message is tried again; full
/// jitter. Ours: a receiver that is started anew is back within seconds, and
/// one that is down is asked a dozen times an hour.
inline constexpr duration notification_backoff = 1s;
inline constexpr double notification_backoff_factor = 2.0;
inline constexpr duration notification_backoff_cap = 5min;
/// Age at which a message that nobody has taken is given up. Ours: by then
/// somebody has looked after the receiver.
inline constexpr duration notification_give_up = 24h;
/// Time a receiver, or a command, has to answer (GitHub's webhooks).
inline constexpr duration notification_timeout = 10s;
/// Time between asking a command to end and killing it.
inline constexpr duration notification_kill_after = 2s;

// -- process ------------------------------------------------------------------

/// Messages in a mailbox at which a warning event is raised.
inline constexpr std::size_t mailbox_warning = 10'000;
/// Time in one handler at which a warning event is raised. Vert.x, whose
/// handlers may block as little, warns after 2 s.
inline constexpr duration handler_slow = 1s;
/// How often it is looked for both.
inline constexpr duration watch_period = 100ms;
/// Least number of pool threads; the pool has max(this, 2 x cores).
inline constexpr std::size_t pool_threads = 4;
/// Jobs that may wait for a pool thread.
inline constexpr std::size_t pool_queue = 1'024;
/// Time an orderly stop may take before what is left is abandoned.
inline constexpr duration shutdown_grace = 10s;
/// Bytes of uncommitted records at which producers wait.
inline constexpr std::size_t journal_backlog = std::size_t{64} << 20U;
/// Nesting of JSON accepted anywhere.
inline constexpr std::size_t json_depth = 64;
/// Bytes of one JSON document accepted anywhere.
inline constexpr std::size_t json_bytes = std::size_t{16} << 20U;
/// Answers of one tool that are kept for the time when it has none, and the
/// bytes above which one is not.
inline constexpr std::size_t cached_answers = 1'024;
inline constexpr std::size_t cached_bytes = std::size_t{64} << 10U;
/// Bytes of a record's body above which it is stored once, by hash.
inline constexpr std::size_t blob_threshold = std::size_t{64} << 10U;

} // namespace stanchion::defaults
