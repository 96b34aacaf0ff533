// softmax, log_softmax and logsumexp in every form, bit for bit against loops of correctly rounded operations.
#include <catch2/catch.hpp>

#include <kernel/scalars.hpp>

using namespace test;
using assay::attribute_value;
using assay::elementary;
using assay::kernel_call;

namespace {

bool is_nan(num x) { return x.value() != x.value(); }
bool is_lowest_infinity(num x) { return x.value() == -INFINITY; }
num larger(num x, num y) { return x < y || is_nan(y) ? y : x; }
num largest(const nums& x) {
  num m = x[0];
  for (const num& v : x) m = larger(m, v);
  return m;
}

struct form {
  std::string algorithm, exp, divide, temperature, end;
  double t;

  std::string text() const {
    return " algorithm=" + algorithm + " exp=" + exp + " temperature=" + temperature + " chunk=7";
  }
};

/// The loops of one line, as the forms are described.
class line_of {
 public:
  line_of(scalars& in, const form& f, nums x) : in_(in), f_(f), x_(std::move(x)), c_(in(M_LOG2E / f.t)) {
    if (f.exp == "exp") {
      for (num& v : x_) v = over_t(v);
    }
    if (f.algorithm == "naive") {
      for (const num& v : x_) e_.push_back(f.exp == "exp" ? exp(v) : exp2(v * c_));
      m_ = in(0), s_ = sum_of(in, e_);
    } else if (f.algorithm == "safe") {
      m_ = largest(x_), s_ = safe(x_, m_);
    } else if (f.algorithm == "online") {
      m_ = x_[0], s_ = in(0);
      for (const num& v : x_) {
        if (is_lowest_infinity(v)) continue;
        if (m_ < v || is_nan(v)) {
          if (!is_lowest_infinity(m_)) s_ = s_ * e(m_, v);
          m_ = v;
        }
        s_ = s_ + e(v, m_);
      }
    } else {
      for (std::size_t i = 0; i < x_.size(); i += 7) {
        const nums part(x_.begin() + static_cast<std::ptrdiff_t>(i),
                        x_.begin() + static_cast<std::ptrdiff_t>(std::min(i + 7, x_.size())));
        const num m = largest(part), s = safe(part, m);
        if (i == 0) {
          m_ = m, s_ = s;
          continue;
        }
        const num both = larger(m_, m);
        const auto rescaled = [&](num sum, num maximum) {
          return is_lowest_infinity(maximum) && maximum < both ? in(0) : sum * e(maximum, both);
        };
        s_ = rescaled(s_, m_) + rescaled(s, m);
        m_ = both;
      }
    }
    if (f.algorithm != "naive") {
      for (const num& v : x_) e_.push_back(e(v, m_));
    }
  }

  nums softmax() const {
    nums y;
    for (const num& v : e_) y.push_back(f_.divide == "quotient" ? v / s_ : v * (in_(1) / s_));
    return y;
  }
  nums log_softmax() const {
    nums y;
    const bool naive = f_.algorithm == "naive";
    const num l = log(s_);
    for (const num& v : x_) {
      if (f_.end == "shifted") y.push_back(exponent(naive ? v : v - m_) - l);
      if (f_.end == "folded") y.push_back(exponent(v) - (naive ? l : exponent(m_) + l));
    }
    if (f_.end == "log") {
      for (const num& v : softmax()) y.push_back(log(v));
    }
    return y;
  }
  num logsumexp() const {
    if (f_.algorithm == "naive") return log(s_);
    if (std::isinf(largest(x_).value())) {
      form naive = f_;
      naive.algorithm = "naive";
      naive.t = 1;  // infinities stay what they are
      return line_of(in_, naive, x_).logsumexp();
    }
    return exponent(m_) + log(s_);
  }

 private:
  num exp2(num v) const { return in_.call(elementary::exp2, v); }
  num log(num v) const { return in_.call(elementary::log, v); }
  num over_t(num v) const {
    if (f_.t == 1) return v;
    return f_.temperature == "quotient" ? v / in_(f_.t) : v * in_(1 / f_.t);
  }
  num exponent(num v) const { return f_.exp == "exp" ? v : over_t(v); }
  num e(num v, num m) const {
    if (f_.exp == "exp") return exp(v - m);
    if (f_.exp == "exp2") return exp2((v - m) * c_);
    return exp2(fma(v, c_, -(m * c_)));
  }
  num safe(const nums& part, num m) const {
    nums terms;
    for (const num& v : part) terms.push_back(e(v, m));
    return sum_of(in_, terms);
  }

  scalars& in_;
  form f_;
  nums x_;
  num c_, m_, s_;
  nums e_;
};

/// Lines of ordinary numbers, of large ones, of equal ones, and with infinities where the format has them.
tensor lines(random_source& random, format f) {
  std::vector<double> x;
  for (int i = 0; i < 16; ++i) x.push_back(3 * normal(random));
  for (int i = 0; i < 16; ++i) x.push_back(60 * uniform(random));
  for (int i = 0; i < 16; ++i) x.push_back(0.75);
  for (int i = 0; i < 16; ++i) x.push_back(f.has_infinity() && (i < 7 || i % 5 == 0) ? -INFINITY : normal(random));
  return tensor_of(f, {4, 16}, x);
}

template <class Check>
void for_each_form(const Check& check) {
  random_source random(41);
  for (const auto& c : compute_formats) {
    const tensor x = lines(random, c.in);
    scalars in(c.in);
    for (const char* algorithm : {"naive", "safe", "online", "split"}) {
      for (const char* exp : {"exp", "exp2", "exp2_fma"}) {
        for (const double t : {1.0, 0.7}) {
          for (const char* temperature : {"quotient", "reciprocal"}) {
            if (t == 1 && temperature[0] == 'r') continue;
            form f{algorithm, exp, "quotient", temperature, "shifted", t};
            CAPTURE(c.name, algorithm, exp, temperature, t);
            check(in, f, x, " compute=" + std::string(c.name));
          }
        }
      }
    }
  }
}

nums line(scalars& in, const tensor& x, std::size_t l) {
  nums v;
  for (std::size_t i = 0; i < 16; ++i) v.push_back(in.load(x, l * 16 + i));
  return v;
}
kernel_call call_of(const char* kernel, const tensor& x, double t) {
  kernel_call call(kernel);
  call.set_input("x", x);
  call.set("temperature", attribute_value(t));
  return call;
}

}  // namespace

TEST_CASE("softmax in each form is the loop that its words describe") {
  for_each_form([](scalars& in, form f, const tensor& x, const std::string& compute) {
    for (const char* divide : {"quotient", "reciprocal"}) {
      f.divide = divide;
      nums due;
      for (std::size_t l = 0; l < 4; ++l) {
        for (const num& v : line_of(in, f, line(in, x, l)).softmax()) due.push_back(v);
      }
      CHECK(differences(run(call_of("softmax", x, f.t), f.text() + " divide=" + divide + compute), due) == 0);
    }
  });
}

TEST_CASE("log_softmax in each form and with each end is the loop that its words describe") {
  for_each_form([](scalars& in, form f, const tensor& x, const std::string& compute) {
    for (const char* end : {"shifted", "folded", "log"}) {
      f.end = end;
      nums due;
      for (std::size_t l = 0; l < 4; ++l) {
        for (const num& v : line_of(in, f, line(in, x, l)).log_softmax()) due.push_back(v);
      }
      CHECK(differences(run(call_of("log_softmax", x, f.t), f.text() + " end=" + end + compute), due) == 0);
    }
  });
}

TEST_CASE("logsumexp in each form is the loop that its words describe") {
  for_each_form([](scalars& in, const form& f, const tensor& x, const std::string& compute) {
    nums due;
    for (std::size_t l = 0; l < 4; ++l) due.push_back(line_of(in, f, line(in, x, l)).logsumexp());
    CHECK(differences(run(call_of("logsumexp", x, f.t), f.text() + compute), due) == 0);
  });
}

TEST_CASE("naive softmax overflows where the safe one does not") {
  const tensor x = tensor_of(assay::binary16, {1, 2}, {12, 12});
  const tensor naive = run(call_of("softmax", x, 1), "native algorithm=naive"),
               safe = run(call_of("softmax", x, 1), "native");
  CHECK(std::isnan(value_at(naive, 0)));
  CHECK(value_at(safe, 0) == 0.5);
}

TEST_CASE("stored exponentials are rounded before they are summed and divided") {
  random_source random(42);
  scalars in(assay::binary32);
  const tensor x = normal_tensor(random, assay::binary32, {1, 40}, 2);
  nums e;
  const nums v = load_all(in, x);
  const num m = largest(v);
  for (const num& u : v) e.push_back(in.through(exp(u - m), assay::bfloat16));
  const num s = sum_of(in, e);
  for (num& u : e) u = u / s;
  CHECK(differences(run(call_of("softmax", x, 1), "store.exponentials=bfloat16"), e) == 0);
}
