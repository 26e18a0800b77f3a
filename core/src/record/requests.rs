//! The requests that add and change records.

/// The part of [`crate::record!`] that declares requests, and creates records.
#[doc(hidden)]
#[macro_export]
macro_rules! record_requests {
    (@empty [] $($rest:tt)*) => {};
    (@empty [($visibility:vis $(, $argument:ident: $argument_type:ty)*)]
        $name:ident [$({ $member:ident $start:tt $input:tt })*]
    ) => {
        impl $name {
            /// Creates a record with required and default values only.
            $visibility fn empty($($argument: $argument_type),*) -> Self {
                Self { $($member: $crate::record_requests!(@blank $member $start $input),)* }
            }
        }
    };
    (@blank $member:ident ($start:expr) $input:tt) => { $start };
    (@blank $member:ident () (required ())) => { $member };
    (@blank $member:ident () (default ($initial:expr))) => { $initial };
    (@blank $member:ident () $input:tt) => { Default::default() };

    (@new [] $($rest:tt)*) => {};
    (@new [
        $(#[doc = $about:literal])*
        $visibility:vis struct $new:ident($($argument:ident: $argument_type:ty),*) {
            $($(#[doc = $extra_doc:literal])* $extra:ident: $extra_type:ty,)*
        }
        $(requires any $($required:literal),+ $(=> $why:literal)?;)?
    ] $name:ident [$({
        $member:ident $doc:tt $start:tt
        ($($kind:ident $input:ty; $initial:tt $input_doc:tt)?)
        ($($given_kind:ident $given:ty; $given_doc:tt)?)
    })*]) => {
        #[derive(Debug, Clone)]
        $visibility struct $new {
            $(
                $(pub $member: $crate::record_requests!(@new_type $kind $input),)?
                $(pub $member: $crate::record_requests!(@new_type $given_kind $given),)?
            )*
            $(pub $extra: $extra_type,)*
        }

        $crate::input! {
            @read $new [concat!($($about),*)] [$($($required),+ $(=> $why)?)?]
            $(
                $({ $member: $crate::record_requests!(@new_type $kind $input),
                    $crate::record_requests!(@doc $doc $input_doc) })?
                $({ $member: $crate::record_requests!(@new_type $given_kind $given),
                    $crate::record_requests!(@doc $doc $given_doc) })?
            )*
            $({ $extra: $extra_type, concat!($($extra_doc),*) })*
        }

        impl $new {
            /// Converts the request into a record, except for the members that rules determine.
            $visibility fn into_record(self $(, $argument: $argument_type)*) -> $name {
                let new = self;
                $name {
                    $($member: $crate::record_requests!(@start new $member $start ($($kind $initial)?)),)*
                }
            }
        }
    };
    (@new_type required $type:ty) => { $type };
    (@new_type optional $type:ty) => { Option<$type> };
    (@new_type default $type:ty) => { Option<$type> };
    // The description of a record's member is a sentence, that of a request's member is not.
    (@doc [$($doc:literal)*] []) => { concat!($($doc),*).trim_end_matches('.') };
    (@doc $doc:tt [$request_doc:literal]) => { $request_doc };
    (@start $new:ident $member:ident ($start:expr) $input:tt) => { $start };
    (@start $new:ident $member:ident () (required ())) => { $new.$member.into() };
    (@start $new:ident $member:ident () (optional ())) => { $new.$member.map(Into::into) };
    (@start $new:ident $member:ident () (default ($initial:expr))) => {
        $new.$member.map_or($initial, Into::into)
    };
    (@start $new:ident $member:ident () ()) => { Default::default() };

    (@change [] $($rest:tt)*) => {};
    (@change [
        $(#[doc = $about:literal])*
        $visibility:vis struct $change:ident {
            $($(#[doc = $extra_doc:literal])* $extra:ident: $extra_type:ty,)*
        }
    ] $name:ident [$({
        $member:ident $doc:tt
        ($($kind:ident $input:ty; $input_doc:tt)?)
        ($($given_kind:ident $given:ty; $given_doc:tt)?)
    })*]) => {
        #[derive(Debug, Clone)]
        $visibility struct $change {
            $(
                $(pub $member: $crate::record_requests!(@change_type $kind $input),)?
                $(pub $member: $crate::record_requests!(@change_type $given_kind $given),)?
            )*
            $(pub $extra: $extra_type,)*
        }

        $crate::input! {
            @read $change [concat!($($about),*)] []
            $(
                $({ $member: $crate::record_requests!(@change_type $kind $input),
                    $crate::record_requests!(@doc $doc $input_doc) })?
                $({ $member: $crate::record_requests!(@change_type $given_kind $given),
                    $crate::record_requests!(@doc $doc $given_doc) })?
            )*
            $({ $extra: $extra_type, concat!($($extra_doc),*) })*
        }

        impl $change {
            /// Applies the changes, except for those of members that rules determine.
            $visibility fn apply_to(self, record: &mut $name) {
                $($(
                    <$crate::record_requests!(@change_type $kind $input)>::apply_to(
                        self.$member,
                        &mut record.$member,
                    );
                )?)*
            }
        }
    };
    (@change_type required $type:ty) => { $crate::input::Change<$type> };
    (@change_type optional $type:ty) => { $crate::input::Clearable<$type> };
    (@change_type default $type:ty) => { $crate::input::Change<$type> };
}
