#pragma once

#include <stanchion/actors/notifier/notice.hpp>
#include <stanchion/actors/notifier/options.hpp>
#include <stanchion/core/store.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace stanchion {

/// A notice that a channel has not been told yet, as the journal keeps it.
struct pending_notice {
  std::string channel;
  notice content;
  /// The message it is part of; empty while it may join any.
  std::string message;
};

/// The fact that keeps one, and the fact that removes it.
[[nodiscard]] fact kept(const pending_notice& x);
[[nodiscard]] fact removed(const pending_notice& x);
/// All that are kept, by channel and time.
[[nodiscard]] std::vector<pending_notice> pending_in(store& from);

/// Whether the channel is told of something that begins.
[[nodiscard]] bool wants(const notification_channel& channel,
                         std::optional<ticket_kind> kind, severity level);
/// Whether it hears that something is over which it was told of.
[[nodiscard]] bool hears_end(const notification_channel& channel,
                             const notice& end);

/// Decides what is to be told: of every ticket that becomes durable, compares
/// how it stands with what people know of it. What they know is in the journal,
/// as facts `told/…`, and changes in the commit that changes the ticket.
///
/// Threads: any.
class outbox {
public:
  explicit outbox(std::vector<notification_channel> channels);

  /// What is to be committed along with something, and counts once it is.
  class change {
  public:
    batch content;

  private:
    friend class outbox;
    /// An open ticket, or an alert that is raised, as people know it.
    struct incident {
      std::string group;
      stanchion::severity severity = stanchion::severity::warning;
      std::optional<ticket_kind> kind; ///< nothing for an alert
      std::string assignee;

      bool operator==(const incident&) const = default;
    };

    std::vector<pending_notice> fresh_;
    std::map<std::string, std::optional<incident>> told_; // over the known
  };

  /// Reads what people know, and finds out what has become of it, and what has
  /// happened, while nobody looked. A process that begins takes alerts of
  /// before for over: it looks for them anew. Errors: those of `from`.
  [[nodiscard]] change catch_up(store& from, instant now, bool begins = true);
  /// What people are to be told of tickets.
  [[nodiscard]] change look_at(std::span<const batch* const> xs, instant now);
  /// The same of an alert, as its event tells it.
  [[nodiscard]] change look_at(const event& alert);
  /// The change is durable.
  void commit(change x);

  /// What came since the last time; the caller tells it.
  [[nodiscard]] std::vector<pending_notice> take();
  /// Whether the journal may hold more than was taken: true once after each
  /// `catch_up`.
  [[nodiscard]] bool behind();

private:
  using incident = change::incident;

  void read_known(store& from);
  void end_alert(const std::string& id, const incident& was, instant now,
                 change& to) const;
  void look_at(const ticket& x, instant now, change& to) const;
  void begin(const std::string& id, incident now_is, notice x,
             change& to) const;
  void end(const std::string& id, const incident& was, notice x,
           change& to) const;
  void put(const notification_channel& to, const notice& x, change& in) const;
  [[nodiscard]] std::optional<incident> known(const std::string& id,
                                              const change& in) const;
  [[nodiscard]] bool is_last(const notification_channel& channel,
                             const std::string& group, const change& in) const;
  static void tell(const std::string& id, std::optional<incident> x,
                   change& to);

  const std::vector<notification_channel> channels_;
  std::mutex mutex_;
  std::map<std::string, incident> told_;                // by ticket or alert
  std::map<std::string, std::set<std::string>> groups_; // to those
  std::vector<pending_notice> fresh_;
  bool behind_ = false;
};

/// A store that keeps, in the commit that changes a ticket, what is to be told
/// of it. `wake` is called, on the committing thread, when there is something;
/// must not block. Errors and threads: as `inner`.
[[nodiscard]] std::shared_ptr<store>
make_outbox_store(std::shared_ptr<store> inner, std::shared_ptr<outbox> to,
                  std::function<instant()> now, std::function<void()> wake);

} // namespace stanchion
