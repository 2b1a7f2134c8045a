#pragma once

#include <stanchion/cli/invocation.hpp>

/// What the verbs of the command do. All throw `error`.
namespace stanchion::verbs {

// -- run ----------------------------------------------------------------------

exit_code run_start(command_context& x);
exit_code run_list(command_context& x);
exit_code run_show(command_context& x);
exit_code run_watch(command_context& x);
exit_code run_cancel(command_context& x);
exit_code run_resume(command_context& x);
exit_code run_retry(command_context& x);
exit_code run_signal(command_context& x);
exit_code run_export(command_context& x);
exit_code run_fork(command_context& x);

// -- people -------------------------------------------------------------------

exit_code ticket_list(command_context& x);
exit_code ticket_show(command_context& x);
exit_code ticket_decide(command_context& x);
exit_code ticket_approve(command_context& x);
exit_code ticket_reject(command_context& x);
exit_code ticket_edit(command_context& x);
exit_code ticket_answer(command_context& x);

// -- policy -------------------------------------------------------------------

exit_code policy_table(command_context& x);
exit_code policy_explain(command_context& x);

// -- supervision --------------------------------------------------------------

exit_code mode_set(command_context& x);
exit_code stop_all(command_context& x);
exit_code stop_lift(command_context& x);
exit_code tool_list(command_context& x);
exit_code tool_show(command_context& x);
exit_code breaker_isolate(command_context& x);
exit_code breaker_close(command_context& x);

// -- serving ------------------------------------------------------------------

exit_code serve(command_context& x);
exit_code notify_test(command_context& x);
exit_code token_create(command_context& x);
exit_code token_list(command_context& x);
exit_code token_revoke(command_context& x);
exit_code audit(command_context& x);

// -- care ---------------------------------------------------------------------

exit_code tree(command_context& x);
exit_code journal_verify(command_context& x);
exit_code journal_dump(command_context& x);
exit_code journal_prune(command_context& x);
exit_code doctor(command_context& x);
exit_code version(command_context& x);

// -- configuration

exit_code config_check(command_context& x);
exit_code config_show(command_context& x);
exit_code config_schema(command_context& x);
exit_code init(command_context& x);

// -- shells -------------------------------------------------------------------

exit_code completion(command_context& x);
exit_code man(command_context& x);

// -- understanding ------------------------------------------------------------

exit_code simulate(command_context& x);
exit_code stats(command_context& x);
exit_code top(command_context& x);

} // namespace stanchion::verbs
