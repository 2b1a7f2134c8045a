#pragma once

#include <memory>
#include <typeinfo>
#include <utility>

namespace stanchion::fabric {

/// Stands for a type by its address, which costs less to compare than a
/// `type_info`.
struct type_tag {
  const std::type_info* info;
};

template <class T>
inline constexpr type_tag tag_of{&typeid(T)};

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
    result.type_ = &tag_of<T>;
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
    return type_ == &tag_of<T>;
  }

  /// The type's implementation-defined name, for logs; "empty" for none.
  [[nodiscard]] const char* type_name() const {
    return type_ == nullptr ? "empty" : type_->info->name();
  }

private:
  std::shared_ptr<void> body_;
  const type_tag* type_ = nullptr;
};

} // namespace stanchion::fabric
