#pragma once

#include <memory>
#include <typeinfo>
#include <utility>

namespace stanchion::fabric {

/// What actors send each other: one object of any type, shared, not copied.
///
/// A receiver asks with `as<T>` what it got. Only the single receiver of a
/// message that nobody else holds may change it through `edit<T>`.
///
/// Threads: the handle is not synchronised; the object is not either, which is
///          why it is read-only once shared.
class message {
public:
  message() = default;

  template <class T>
  [[nodiscard]] static message of(T x) {
    message result;
    result.body_ = std::make_shared<T>(std::move(x));
    result.type_ = &typeid(T);
    return result;
  }

  /// The object if it is a `T`, else null.
  template <class T>
  [[nodiscard]] const T* as() const {
    return is<T>() ? static_cast<const T*>(body_.get()) : nullptr;
  }

  /// The object if it is a `T`, else null; for the only receiver.
  template <class T>
  [[nodiscard]] T* edit() {
    return is<T>() ? static_cast<T*>(body_.get()) : nullptr;
  }

  template <class T>
  [[nodiscard]] bool is() const {
    return type_ != nullptr && (type_ == &typeid(T) || *type_ == typeid(T));
  }

  /// The type's implementation-defined name, for logs; "empty" for none.
  [[nodiscard]] const char* type_name() const {
    return type_ == nullptr ? "empty" : type_->name();
  }

private:
  std::shared_ptr<void> body_;
  const std::type_info* type_ = nullptr;
};

} // namespace stanchion::fabric
